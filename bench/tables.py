"""Figures as Markdown tables."""

from collections.abc import Mapping, Sequence

from bench.samples import rounded

HEADINGS = {
    "jobs_per_s": "jobs/s",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "p99_ms": "p99 ms",
    "load_cpu": "load, % of a core",
    "against_baseline": "jobs/s against the baseline",
    "cube_us": "cube µs",
    "first_us": "cube, first time, µs",
    "pandas_us": "pandas µs",
    "times_faster": "times faster",
    "rows_per_s": "rows/s",
    "peak_mb": "peak MB",
    "load_ms": "load ms",
    "snapshot_kb": "snapshot kB",
    "imported": "imported by it",
    "without_s": "first answer without snapshot s",
    "with_s": "with snapshot s",
    "mb": "MB",
}


def table(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> str:
    """A line for each row, with those of its columns."""
    return lines(
        [HEADINGS.get(name, name) for name in columns],
        [[shown(row[name]) for name in columns] for row in rows],
    )


def lines(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, ["---"] * len(headings), *rows))


def shown(value: object) -> str:
    """Measured numbers to three digits, counted ones whole."""
    if isinstance(value, float):
        number = rounded(value)
        return f"{number:,.0f}" if abs(number) >= 100 else f"{number:g}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)

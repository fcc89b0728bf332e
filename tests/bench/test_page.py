"""The page shows what the run measured, and which targets it missed."""

import re
from pathlib import Path
from typing import Any

import pytest

from bench.page import SECTIONS, draw, render, shown, table
from bench.processes import CELERY
from tests.bench.runs import good_run

MISSES = [
    ("round_trips", {"server": "make run", "clients": 8}, {"jobs/s": 999.0}, "jobs/s against the baseline"),
    (
        "round_trips",
        {"server": "FastAPI + Celery + Redis", "clients": 8},
        {"jobs/s": 201.0},
        "against FastAPI",
    ),
    (
        "round_trips",
        {"questions": "fresh", "server": "make run", "clients": 8},
        {"jobs/s": 499.0},
        "the baseline, all fresh",
    ),
    ("round_trips", {"server": "make run", "clients": 1}, {"p50 ms": 2.1}, "p50 against the baseline"),
    ("round_trips", {"server": "make run", "clients": 32}, {"p99 ms": 2.1}, "p99 against the baseline"),
    ("round_trips", {"server": "chalice local", "clients": 8}, {"jobs/s": 499.0}, "`chalice local` against"),
    ("round_trips", {"server": "chalice local", "clients": 1}, {"errors": 1}, "jobs that were lost"),
    (
        "statistics",
        {"rows": 18_650, "statistic": "mean_by_category"},
        {"known, times faster": 99.0},
        "mean_by_category, known",
    ),
    (
        "statistics",
        {"rows": 18_650, "statistic": "mean_by_category"},
        {"cube, times faster": 1.4},
        "mean_by_category, computed",
    ),
    ("statistics", {"rows": 10_000_000, "statistic": "best5"}, {"cube µs": 901.0}, "time of any statistic"),
    (
        "ingest",
        {"rows": 10_000_000, "engine": "statline"},
        {"seconds": 10.5},
        "ingest, time against the faster",
    ),
    ("ingest", {"rows": 1_000_000, "engine": "statline"}, {"peak MB": 60.0}, "ingest, growth of peak memory"),
    ("starting", {"rows": 18_650}, {"load ms": 21.0}, "snapshot load, ms"),
    ("memory", {"jobs": 100_000}, {"MB": 300.0}, "memory after many jobs"),
    ("one_result", {"jobs": 100_000}, {"database MB": 41.0}, "database with one result"),
]


def missed(run: dict[str, Any]) -> list[str]:
    return [line for line in render(run).splitlines() if "**missed**" in line]


def test_figures_on_their_limits_meet_all_targets() -> None:
    assert missed(good_run()) == []


@pytest.mark.parametrize(("section", "keys", "change", "target"), MISSES, ids=lambda value: str(value)[:30])
def test_figure_beyond_its_limit_misses_its_target(
    section: str, keys: dict[str, object], change: dict[str, float], target: str
) -> None:
    run = good_run()
    row = next(row for row in run[section] if keys.items() <= row.items())
    row.update(change)

    lines = missed(run)

    assert any(target in line for line in lines), lines


def test_every_section_has_its_figures() -> None:
    page = render(good_run())
    for heading in SECTIONS:
        assert f"\n## {heading}\n" in page
    assert "| natural mix | make run | 8 | 1,000 | 2 | 2 | 2 | 0 | 7 |" in page
    assert "| 10,000,000 | statline | 10 | 1,000,000 | 90 |" in page
    assert "an abacus" in page


def test_server_that_is_missing_is_named_and_has_no_target() -> None:
    run = good_run() | {"missing": "There is no redis-server here."}
    run["round_trips"] = [row for row in run["round_trips"] if row["server"] != CELERY]
    page = render(run)
    assert "There is no redis-server here." in page
    assert f"jobs/s against {CELERY}" not in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.12345, "0.123"), (12.345, "12.3"), (1234.5, "1,230"), (12345, "12,345"), ("a", "a")],
)
def test_measured_numbers_have_three_digits_and_counts_all(value: object, text: str) -> None:
    assert shown(value) == text


def test_table_has_a_line_for_each_row() -> None:
    assert table([{"b": 1, "jobs/s": 2.5}]) == "| b | jobs/s |\n| --- | --- |\n| 1 | 2.5 |"


def test_plots_differ_only_where_the_runs_do(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="make bench installs it")
    folders, slower = [tmp_path / name for name in ("one", "again", "other")], good_run()
    slower["round_trips"][0]["jobs/s"] = 200.0

    for folder, run in zip(folders, (good_run(), good_run(), slower), strict=True):
        draw(run, folder)

    names = [Path(link).name for link in re.findall(r"\]\(([^)]+\.svg)\)", render(good_run()))]
    one, again, other = ([(folder / name).read_bytes() for name in names] for folder in folders)
    assert len(names) == 3
    assert one == again
    assert one[0] != other[0]
    assert one[1:] == other[1:]

"""A target is met or missed by the run's own figures."""

from typing import Any

import pytest

from bench.targets import Target, pick, targets
from tests.bench.runs import good_run


def missed(run: dict[str, Any]) -> list[str]:
    return [target.what for target in targets(run) if not target.met]


def test_a_run_that_is_just_good_enough_misses_nothing() -> None:
    """A figure on the limit is met."""
    assert missed(good_run()) == []


@pytest.mark.parametrize(
    ("section", "keys", "change", "what"),
    [
        (
            "round_trips",
            {"server": "make run", "clients": 8},
            {"jobs_per_s": 999.0},
            "jobs/s against the baseline",
        ),
        ("round_trips", {"server": "make run", "clients": 1}, {"p50_ms": 2.1}, "p50 against the baseline"),
        ("round_trips", {"server": "make run", "clients": 32}, {"p99_ms": 2.1}, "p99 against the baseline"),
        (
            "round_trips",
            {"server": "floor", "clients": 8},
            {"jobs_per_s": 1_700.0},
            "jobs/s against the floor",
        ),
        (
            "round_trips",
            {"server": "chalice local", "clients": 8},
            {"jobs_per_s": 799.0},
            "`chalice local` against `make run`, jobs/s",
        ),
        (
            "round_trips",
            {"server": "chalice local", "clients": 1},
            {"errors": 1},
            "jobs that were lost, or slower than 5 s",
        ),
        (
            "statistics",
            {"rows": 18_650, "statistic": "best5"},
            {"times_faster": 99.0},
            "any statistic on the cube, times faster than pandas",
        ),
        (
            "statistics",
            {"rows": 10_000_000, "statistic": "best5"},
            {"cube_us": 16.0},
            "time of any statistic, growth with rows",
        ),
        (
            "ingest",
            {"rows": 10_000_000, "engine": "pandas"},
            {"seconds": 29.0},
            "ingest, times faster than pandas",
        ),
        (
            "ingest",
            {"rows": 10_000_000, "engine": "pandas"},
            {"peak_mb": 440.0},
            "ingest, peak memory against pandas",
        ),
        (
            "ingest",
            {"rows": 1_000_000, "engine": "statline"},
            {"peak_mb": 60.0},
            "ingest, growth of peak memory",
        ),
        (
            "ingest",
            {"rows": 10_000_000, "engine": "duckdb"},
            {"seconds": 7.0},
            "ingest, time against the faster of DuckDB and polars",
        ),
        ("starting", {"rows": 1_000_000}, {"load_ms": 21.0}, "snapshot load, ms"),
        ("starting", {"rows": 18_650}, {"imported": ["numpy"]}, "pandas, numpy, moto, boto3 imported by it"),
        ("memory", {"jobs": 100_000}, {"mb": 261.0}, "memory after many jobs against after 1,000"),
    ],
)
def test_a_worse_figure_misses_its_target_and_no_other(
    section: str, keys: dict[str, Any], change: dict[str, Any], what: str
) -> None:
    """Each target looks at the figure that it is about."""
    run = good_run()
    pick(run[section], **keys).update(change)
    assert missed(run) == [what]


def test_a_target_says_where_it_was_measured() -> None:
    """A smaller run than the target asks for does not pass for it."""
    run = good_run()
    run["ingest"] = [row for row in run["ingest"] if row["rows"] < 10_000_000]
    run["memory"][-1]["jobs"] = 5_000
    places = {target.what: target.at for target in targets(run)}
    assert places["ingest, times faster than pandas"] == "1,000,000 rows (10,000,000 in `make bench-full`)"
    assert places["memory after many jobs against after 1,000"] == "5,000 jobs (100,000 in `make bench-full`)"


@pytest.mark.parametrize(
    ("figure", "at_least", "met"), [(1, True, False), (3, True, True), (1, False, True), (3, False, False)]
)
def test_a_limit_is_the_least_or_the_most(figure: float, at_least: bool, met: bool) -> None:
    """As the target says."""
    assert Target("", "", figure, 2, at_least).met is met

"""A profile names the parts of the service, and gives libraries' time to their callers."""

from pathlib import Path
from typing import Any

import pytest

from bench.profile import OTHER, by_part, measure, shares
from tests.support.samples import write_soil

STORE = ("/x/local/storage/database.py", 1, "execute")
VIEW = ("/x/chalicelib/routes/api.py", 1, "submit")
DUMPS = ("/usr/lib/json/__init__.py", 1, "dumps")
ENCODE = ("~", 0, "<built-in method c_make_encoder>")
POLL = ("~", 0, "<method 'poll' of 'select.epoll' objects>")
LOST = ("/elsewhere.py", 1, "main")


def test_time_of_libraries_belongs_to_the_part_that_called_them() -> None:
    stats: dict[Any, Any] = {
        STORE: (1, 1, 2.0, 2.0, {}),
        VIEW: (1, 1, 1.0, 9.0, {}),
        DUMPS: (2, 2, 0.5, 5.0, {VIEW: (1, 1, 0.4, 4.0), STORE: (1, 1, 0.1, 1.0)}),
        ENCODE: (2, 2, 3.0, 3.0, {DUMPS: (2, 2, 3.0, 3.0)}),
        POLL: (1, 1, 60.0, 60.0, {VIEW: (1, 1, 60.0, 60.0)}),
        LOST: (1, 1, 0.25, 0.25, {}),
    }
    seconds = by_part(stats)
    assert seconds["storage: SQLite"] == pytest.approx(2.1)
    assert seconds["views and documents"] == pytest.approx(4.4)
    assert seconds[OTHER] == 0.25
    assert seconds.total() == pytest.approx(6.75)


def test_largest_share_comes_first() -> None:
    seconds = by_part({STORE: (1, 1, 2.0, 2.0, {}), VIEW: (1, 1, 6.0, 6.0, {})})
    assert shares(seconds, jobs=4) == [
        {"part": "views and documents", "µs a job, profiled": 1.5e6, "share, %": 75.0},
        {"part": "storage: SQLite", "µs a job, profiled": 0.5e6, "share, %": 25.0},
    ]


def test_profiled_server_does_jobs_in_known_parts(tmp_path: Path) -> None:
    rows = {row["part"]: row["share, %"] for row in measure(write_soil(tmp_path), clients=2, seconds=0.3)}
    assert sum(rows.values()) == pytest.approx(100)
    assert rows["storage: SQLite"] > 0
    assert rows[OTHER] < 10

"""The journal and the files beside it: whole records, or none."""

from pathlib import Path

import pytest

from local.storage.files import write_atomically
from local.storage.journal import Journal
from tests.support.disks import disk_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_records_come_back_in_order(path: Path) -> None:
    """From a journal that was closed, and from one that never was."""
    first = Journal(path)
    assert list(first.replay()) == []
    for number in range(3):
        first.append({"n": number, "text": "é\n\u2028"})
    first.close()
    Journal(path).append({"n": 3})
    assert [record["n"] for record in Journal(path).replay()] == [0, 1, 2, 3]


TORN = [b'\n{"n": 1', b"\n{", b"\n", b'\n{"text": "\xc3', b"\n" + bytes(500)]
NO_RECORDS = [b"\n[1]", b"\n7", b"\nnull", b"\n" + b"[" * 100_000]


@pytest.mark.parametrize("torn", TORN + NO_RECORDS, ids=range(len(TORN + NO_RECORDS)))
def test_what_is_no_record_is_passed_over(path: Path, torn: bytes) -> None:
    """At the end, and with others after it: one cut short, and what somebody else wrote."""
    journal = Journal(path)
    journal.append({"n": 0})
    with path.open("ab") as file:
        file.write(torn)
    assert [record["n"] for record in journal.replay()] == [0]
    journal.append({"n": 2})
    assert [record["n"] for record in journal.replay()] == [0, 2]


def test_a_rewrite_forgets(path: Path) -> None:
    """And goes on."""
    journal = Journal(path)
    for number in range(5):
        journal.append({"n": number})
    journal.rewrite([{"n": 4}])
    journal.append({"n": 5})
    assert [record["n"] for record in journal.replay()] == [4, 5]
    assert journal.appended == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["journal"]


def test_a_failed_rewrite_forgets_nothing(path: Path) -> None:
    """And the journal takes records as before."""
    journal = Journal(path)
    journal.append({"n": 0})
    with pytest.raises(TypeError):
        journal.rewrite([{"n": 1}, {"n": object()}])
    with disk_of(10), pytest.raises(OSError, match="large"):
        journal.rewrite([{"n": 1}, {"n": 2}])
    journal.append({"n": 3})
    assert [record["n"] for record in journal.replay()] == [0, 3]


def test_a_record_that_the_disk_cuts_short_is_refused(path: Path) -> None:
    """It counts as not written, and takes no other with it."""
    journal = Journal(path)
    journal.append({"n": 0})
    with disk_of(path.stat().st_size + 4), pytest.raises(OSError, match="only a part"):
        journal.append({"n": 1})
    journal.append({"n": 2})
    assert [record["n"] for record in journal.replay()] == [0, 2]
    assert journal.appended == 2


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    """The old content stays, and no temporary file."""
    target = tmp_path / "target"
    target.mkdir()
    (target / "inside").write_text("old")
    with pytest.raises(OSError, match="target"):
        write_atomically(target, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["target"]
    write_atomically(target / "inside", b"new")
    assert (target / "inside").read_bytes() == b"new"


def test_a_closed_journal_takes_nothing(path: Path) -> None:
    """Another process may have it by now; a runner that was left behind does not know."""
    journal = Journal(path)
    journal.append({"n": 0})
    journal.close()
    with pytest.raises(OSError, match="journal"):
        journal.append({"n": 1})
    with pytest.raises(OSError, match="journal"):
        journal.rewrite([{"n": 2}])
    assert [record["n"] for record in Journal(path).replay()] == [0]

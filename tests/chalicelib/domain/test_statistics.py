"""The nine statistics on a data set computed by hand, and on the public checker's cases."""

import io
import json
import math
from pathlib import Path

import pytest

from chalicelib.documents.schemas import parse_inputs
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import STATISTICS, answer, statistic
from chalicelib.errors import BestEndUnknown, InvalidRequest, NoUsableRows, UnknownStatistic
from local.settings import DEFAULT_DESCRIPTION
from tests.support.samples import DESCRIPTION
from tests.support.shared import SHARED, SUBSET, needs_shared

ROWS = """Frage,Nr,Land,Wert,Art,Klasse
Humus,S1,D,4,Nutzung,Acker
Humus,S1,C,2,Nutzung,Acker
Humus,S1,B,2,,
Humus,S1,A's,1,Nutzung,Wald
Humus,S1,A's,3,Tiefe,Acker
Humus,S1,E,9,Nutzung,Acker
Humus,S1,F,0.5,Nutzung,Acker
Humus,S1,G,,Nutzung,Acker
Sand,S2,A's,1,Nutzung,Acker
Sand,S2,B,2,Nutzung,Acker
Lehm,S3,A's,,Nutzung,Acker
"""
MEAN = 21.5 / 7


@pytest.fixture(scope="module")
def data() -> DataIngestor:
    return DataIngestor.from_csv(io.BytesIO(ROWS.encode()), Description.from_dict(DESCRIPTION))


def asked(data: DataIngestor, name: str, **inputs: str) -> list[tuple[str, object]]:
    """The answer's pairs, in its order."""
    return list(json.loads(answer(data, name, inputs)).items())


ASCENDING = [("F", 0.5), ("A's", 2.0), ("B", 2.0), ("C", 2.0), ("D", 4.0), ("E", 9.0)]


def test_states_mean_is_ascending(data: DataIngestor) -> None:
    """Among equal means by name; a state without a value is not there."""
    assert asked(data, "states_mean", question="S1") == ASCENDING


def test_best_and_worst_follow_the_description(data: DataIngestor) -> None:
    """Ties are by name at either end."""
    highest = [("E", 9.0), ("D", 4.0), ("A's", 2.0), ("B", 2.0), ("C", 2.0)]
    assert asked(data, "best5", question="S1") == highest
    assert asked(data, "worst5", question="S1") == ASCENDING[:5]
    assert asked(data, "best5", question="Sand") == [("A's", 1.0), ("B", 2.0)]
    assert asked(data, "worst5", question="Sand") == [("B", 2.0), ("A's", 1.0)]


def test_means_and_differences(data: DataIngestor) -> None:
    """Of one state, of all, and between them; each rounded once."""
    assert asked(data, "state_mean", question="S1", state="A's") == [("A's", 2.0)]
    assert asked(data, "global_mean", question="S1") == [("global_mean", MEAN)]
    assert asked(data, "state_diff_from_mean", question="S1", state="E") == [("E", (21.5 - 63) / 7)]
    differences = asked(data, "diff_from_mean", question="S1")
    assert [name for name, _ in differences] == [name for name, _ in ASCENDING]
    assert dict(differences)["D"] == -6.5 / 7


def test_means_by_category_are_sorted_by_their_labels(data: DataIngestor) -> None:
    """Keys are Python's tuples, so an apostrophe changes the quotes; a row without category is left out."""
    keys = [key for key, _ in asked(data, "mean_by_category", question="S1")]
    assert keys[:3] == [
        str(("A's", "Nutzung", "Wald")),
        str(("A's", "Tiefe", "Acker")),
        "('C', 'Nutzung', 'Acker')",
    ]
    [(state, own)] = asked(data, "state_mean_by_category", question="S1", state="A's")
    assert state == "A's"
    assert list(own.items()) == [("('Nutzung', 'Wald')", 1.0), ("('Tiefe', 'Acker')", 3.0)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", [name for name, known in STATISTICS.items() if "state" in known.parameters])
def test_a_pair_without_values_is_named(data: DataIngestor, name: str) -> None:
    """Both of it, and the states that have some."""
    with pytest.raises(NoUsableRows) as caught:
        answer(data, name, {"question": "S2", "state": "C"})
    assert all(part in str(caught.value) for part in ('"Sand"', '"C"', '"B"'))


@pytest.mark.parametrize("name", STATISTICS)
def test_a_question_without_values_is_named(data: DataIngestor, name: str) -> None:
    """Whatever is asked of it; only which end is best may be unknown before."""
    inputs = {"question": "S3", "state": "A's"}
    with pytest.raises((NoUsableRows, BestEndUnknown), match="Lehm"):
        answer(data, name, {field: inputs[field] for field in STATISTICS[name].parameters})


def test_the_same_question_gives_the_same_bytes(data: DataIngestor) -> None:
    """By text or by id, in one canonical JSON."""
    text = answer(data, "states_mean", {"question": "Humus"})
    assert text == answer(data, "states_mean", {"question": "S1"})
    assert text.startswith(b'{"F":0.5,"A\'s":2.0,')


def test_an_apostrophe_in_a_segment_changes_its_quotes() -> None:
    """In the shorter keys of one state too."""
    rows = "Frage,Nr,Land,Wert,Art,Klasse\nHumus,S1,B,1,Nutzung,Hof's\n"
    data = DataIngestor.from_csv(io.BytesIO(rows.encode()), Description.from_dict(DESCRIPTION))
    own = {str(("Nutzung", "Hof's")): 1.0}
    assert asked(data, "state_mean_by_category", question="S1", state="B") == [("B", own)]


def test_a_data_set_without_categories(data: DataIngestor) -> None:
    """Has no means by category, and says so."""
    columns = {"question": "Frage", "location": "Land", "value": "Wert"}
    bare = DataIngestor.from_csv(
        io.BytesIO(ROWS.encode()), Description.from_dict({"title": "Bare", "columns": columns})
    )
    assert asked(bare, "states_mean", question="Humus") == ASCENDING
    with pytest.raises(NoUsableRows):
        answer(bare, "mean_by_category", {"question": "Humus"})


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (None, "object"),
        ("S1", "object"),
        ({}, '"question" is missing'),
        ({"question": "S1"}, '"state" is missing'),
        ({"question": "S1", "state": ""}, '"state"'),
        ({"question": " ", "state": "A"}, '"question"'),
        ({"question": True, "state": "A"}, '"question"'),
        ({"question": {"a": 1}, "state": "A"}, '"question"'),
        ({"question": "S1", "state": "A", "State": "B"}, '"State"'),
        ({"question": "S1", "state": "\udc80"}, '"state"'),
    ],
)
def test_wrong_inputs_are_named(body: object, named: str) -> None:
    """By field."""
    with pytest.raises(InvalidRequest, match=named):
        parse_inputs(statistic("state_mean"), body)


def test_a_refusal_can_be_sent_whatever_was_asked() -> None:
    """Half a character in a field's name stands escaped in the message."""
    with pytest.raises(InvalidRequest) as caught:
        parse_inputs(statistic("best5"), {"question": "S1", "\ud800": 1})
    assert b"\\ud800" in str(caught.value).encode()


def test_an_unknown_statistic_is_told_the_known() -> None:
    """All nine."""
    with pytest.raises(UnknownStatistic, match=r"median.*best5"):
        statistic("median")
    assert len(STATISTICS) == 9


@pytest.fixture(scope="module")
def survey() -> DataIngestor:
    return DataIngestor.from_csv(SUBSET, Description.load(DEFAULT_DESCRIPTION))


def cases() -> list[Path]:
    return sorted(SHARED.glob("conformance/*/in-*.json"))


@needs_shared
@pytest.mark.parametrize("case", cases(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_reference_case(survey: DataIngestor, case: Path) -> None:
    """The public checker's answer, in its order, to nine digits."""
    got = json.loads(answer(survey, case.parent.name, json.loads(case.read_text())))
    want = json.loads(case.with_name(case.name.replace("in-", "out-")).read_text())
    assert_close(got, want)
    if case.parent.name in ("states_mean", "best5", "worst5", "diff_from_mean"):
        assert [round(value, 9) for value in got.values()] == [round(value, 9) for value in want.values()]


def assert_close(got: object, want: object) -> None:
    if isinstance(want, dict):
        assert isinstance(got, dict)
        assert set(got) == set(want)
        for key in want:
            assert_close(got[key], want[key])
    else:
        assert math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]

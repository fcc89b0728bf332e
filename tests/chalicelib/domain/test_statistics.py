"""The nine statistics on a data set computed by hand, and on the public checker's cases."""

import io
import json
import math
from pathlib import Path

import pytest

from chalicelib.documents.result_table import frozen_json_of
from chalicelib.documents.schemas import parse_inputs
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.statistics.registry import MEANS, compute_result, statistic
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


def rows(data: DataIngestor, name: str, **inputs: str) -> list[tuple[object, ...]]:
    version, result = json.loads(compute_result(data, name, inputs, ""))
    assert version == 1
    return [tuple(row) for row in result]


ASCENDING = [("F", 0.5), ("A's", 2.0), ("B", 2.0), ("C", 2.0), ("D", 4.0), ("E", 9.0)]


def test_states_mean_is_ascending_by_mean_then_name(data: DataIngestor) -> None:
    assert rows(data, "states_mean", question="S1") == ASCENDING


def test_best_and_worst_take_their_end_from_the_description(data: DataIngestor) -> None:
    highest = [("E", 9.0), ("D", 4.0), ("A's", 2.0), ("B", 2.0), ("C", 2.0)]
    assert rows(data, "best5", question="S1") == highest
    assert rows(data, "worst5", question="S1") == ASCENDING[:5]
    assert rows(data, "best5", question="Sand") == [("A's", 1.0), ("B", 2.0)]
    assert rows(data, "worst5", question="Sand") == [("B", 2.0), ("A's", 1.0)]


def test_means_and_differences_are_rounded_once(data: DataIngestor) -> None:
    assert rows(data, "state_mean", question="S1", state="A's") == [("A's", 2.0)]
    assert rows(data, "global_mean", question="S1") == [(MEAN,)]
    assert rows(data, "state_diff_from_mean", question="S1", state="E") == [("E", (21.5 - 63) / 7)]
    differences = rows(data, "diff_from_mean", question="S1")
    assert [name for name, _ in differences] == [name for name, _ in ASCENDING]
    assert dict(differences)["D"] == -6.5 / 7


def test_means_by_category_are_in_order_of_their_labels(data: DataIngestor) -> None:
    assert rows(data, "mean_by_category", question="S1")[:3] == [
        ("A's", "Nutzung", "Wald", 1.0),
        ("A's", "Tiefe", "Acker", 3.0),
        ("C", "Nutzung", "Acker", 2.0),
    ]
    assert rows(data, "state_mean_by_category", question="S1", state="A's") == [
        ("A's", "Nutzung", "Wald", 1.0),
        ("A's", "Tiefe", "Acker", 3.0),
    ]


@pytest.mark.parametrize("name", [name for name, known in MEANS.items() if "state" in known.parameters])
def test_a_pair_without_values_fails_with_both_names(data: DataIngestor, name: str) -> None:
    with pytest.raises(NoUsableRows) as caught:
        compute_result(data, name, {"question": "S2", "state": "C"}, "")
    assert all(part in str(caught.value) for part in ('"Sand"', '"C"', '"B"'))


@pytest.mark.parametrize("name", MEANS)
def test_a_question_without_values_fails_with_its_text(data: DataIngestor, name: str) -> None:
    inputs = {"question": "S3", "state": "A's"}
    with pytest.raises((NoUsableRows, BestEndUnknown), match="Lehm"):
        compute_result(data, name, {field: inputs[field] for field in MEANS[name].parameters}, "")


def test_the_same_question_by_text_or_id_gives_the_same_bytes(data: DataIngestor) -> None:
    result = compute_result(data, "states_mean", {"question": "Humus"}, "")
    assert result == compute_result(data, "states_mean", {"question": "S1"}, "")
    assert result.startswith(b'[1,[["F",0.5],["A\'s",2.0],')


def test_a_data_set_without_categories_has_no_means_by_category(data: DataIngestor) -> None:
    columns = {"question": "Frage", "location": "Land", "value": "Wert"}
    bare = DataIngestor.from_csv(
        io.BytesIO(ROWS.encode()), Description.from_dict({"title": "Bare", "columns": columns})
    )
    assert rows(bare, "states_mean", question="Humus") == ASCENDING
    with pytest.raises(NoUsableRows):
        compute_result(bare, "mean_by_category", {"question": "Humus"}, "")


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
def test_wrong_inputs_are_refused_with_the_field(body: object, named: str) -> None:
    with pytest.raises(InvalidRequest, match=named):
        parse_inputs(statistic("state_mean"), body)


def test_lone_surrogate_is_escaped_in_the_refusal() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_inputs(statistic("best5"), {"question": "S1", "\ud800": 1})
    assert b"\\ud800" in str(caught.value).encode()


def test_an_unknown_statistic_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UnknownStatistic, match=r"median.*best5.*ranking"):
        statistic("median")
    assert len(MEANS) == 9


@pytest.fixture(scope="module")
def survey() -> DataIngestor:
    return DataIngestor.from_csv(SUBSET, Description.load(DEFAULT_DESCRIPTION))


def cases() -> list[Path]:
    return sorted(SHARED.glob("conformance/*/in-*.json"))


@needs_shared
@pytest.mark.parametrize("case", cases(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_reference_case_has_the_expected_result(survey: DataIngestor, case: Path) -> None:
    """In the order of the public checker, to nine digits."""
    name = case.parent.name
    result = json.loads(frozen_json_of(name, compute_result(survey, name, json.loads(case.read_text()), "")))
    expected = json.loads(case.with_name(case.name.replace("in-", "out-")).read_text())
    assert_close(result, expected)
    if name in ("states_mean", "best5", "worst5", "diff_from_mean"):
        assert [round(value, 9) for value in result.values()] == [
            round(value, 9) for value in expected.values()
        ]


def assert_close(got: object, want: object) -> None:
    if isinstance(want, dict):
        assert isinstance(got, dict)
        assert set(got) == set(want)
        for key in want:
            assert_close(got[key], want[key])
    else:
        assert math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]

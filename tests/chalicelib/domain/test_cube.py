"""The cube's arithmetic: exact, and the same in any order."""

import functools
import io
import pickle
from collections.abc import Iterable
from fractions import Fraction

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.reading import cube_of_csv, cube_of_frame
from chalicelib.domain.measures import CellKey, CellStats
from tests.support.samples import DESCRIPTION

SOIL = Description.from_dict(DESCRIPTION)
HEADER = "Frage,Nr,Land,Wert,Art,Klasse"

MEASURED = Description.from_dict(
    {
        "title": "Measured",
        "columns": DESCRIPTION["columns"] | {"year": "Jahr", "low": "Von", "high": "Bis", "sample_size": "N"},
        "interval": {"level": 0.95, "scale": "linear"},
    }
)
MEASURED_HEADER = f"{HEADER},Jahr,Von,Bis,N"

numbers = st.one_of(
    st.decimals(min_value=-1000, max_value=1000, places=1).map(str),
    st.decimals(min_value=-1, max_value=1, places=4).map(str),
    st.integers(-(10**20), 10**20).map(str),
)
rows = st.tuples(
    st.sampled_from(["Humus,S1", "Sand,S2", "Sand,S3"]),
    st.sampled_from(["Bayern", "Hessen", ""]),
    st.one_of(numbers, st.just("")),
    st.sampled_from(["Nutzung,Acker", "Nutzung,Wald", "Tiefe,Acker", ",", "Nutzung,"]),
).map(",".join)
surveys = st.lists(rows, min_size=1, max_size=30).map(
    lambda some: [*some, "Humus,S1,Bayern,1.5,Nutzung,Wald"]
)

measured_rows = st.tuples(
    rows,
    st.sampled_from(["2020", "2021"]),
    *[st.one_of(numbers, st.just(""))] * 2,
    st.one_of(st.integers(0, 10**6).map(str), st.just("")),
).map(",".join)
measured_surveys = st.lists(measured_rows, min_size=1, max_size=30).map(
    lambda some: [*some, "Humus,S1,Bayern,1.5,Nutzung,Wald,2020,1,2,30"]
)


def merged(parts: Iterable[Cube]) -> Cube:
    return functools.reduce(Cube.merge, parts, Cube())


def cube(lines: list[str]) -> Cube:
    return cube_of_csv(io.BytesIO("\n".join([HEADER, *lines]).encode()), SOIL)


@settings(max_examples=60)
@given(surveys.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))), st.integers(1, 40))
def test_any_split_and_order_of_rows_gives_the_same_bits(
    both: tuple[list[str], list[str]], chunk: int
) -> None:
    ordered, shuffled = both
    texts = pd.DataFrame([line.split(",") for line in shuffled], columns=HEADER.split(","))
    values = [texts.iloc[start : start + chunk] for start in range(0, len(texts), chunk)]
    parts = [cube_of_frame(part, SOIL) for part in values if part["Wert"].any()]
    missing = sum(len(part) for part in values if not part["Wert"].any())

    whole, other = cube(ordered), functools.reduce(Cube.merge, parts)

    assert whole.overall() == other.overall() + CellStats(0, 0, missing)
    if not missing:
        assert whole == other
        assert snapshot.dumps(whole, SOIL) == snapshot.dumps(other, SOIL)


def measured(lines: list[str]) -> Cube:
    return cube_of_csv(io.BytesIO("\n".join([MEASURED_HEADER, *lines]).encode()), MEASURED)


@settings(max_examples=60)
@given(
    measured_surveys.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))), st.integers(1, 40)
)
def test_any_split_and_order_of_rows_gives_the_same_measures(
    both: tuple[list[str], list[str]], chunk: int
) -> None:
    ordered, shuffled = both
    with_value = "Humus,S1,Bayern,1.5,Nutzung,Wald,2020,1,2,30"
    # Each part has a value, as a data set must have one; the copies are the same in both ways.
    parts = [shuffled[start : start + chunk] for start in range(0, len(shuffled), chunk)]

    whole = measured([*ordered, *[with_value] * len(parts)])
    other = functools.reduce(Cube.merge, (measured([*part, with_value]) for part in parts))

    assert whole == other
    assert snapshot.dumps(whole, MEASURED) == snapshot.dumps(other, MEASURED)


@settings(max_examples=40)
@given(measured_surveys)
def test_measure_is_that_of_the_one_row_of_its_cell(lines: list[str]) -> None:
    whole, unit = measured(lines), 10 ** measured(lines).scale
    by_cell: dict[tuple[str, CellKey], list[list[str]]] = {}
    for line in lines:
        question, _, state, value, category, segment, year, *measures = line.split(",")
        cell = question, CellKey(state, int(year), category, segment)
        by_cell.setdefault(cell, []).append([value, *measures])

    assert {(question, key) for question, cells in whole.published.items() for key in cells} == by_cell.keys()
    for (question, key), found in by_cell.items():
        measure = whole.measures(question)[key]
        assert measure.rows == len(found)
        if len(found) == 1:
            value, low, high, n = (Fraction(text) if text else None for text in found[0])
            scaled = [None if number is None else number * unit for number in (value, low, high)]
            assert [*measure[:3], measure.n] == [*scaled, n]
        else:
            assert measure[1:4] == (None, None, None)


@settings(max_examples=40)
@given(measured_surveys, measured_surveys, measured_surveys)
def test_merging_measures_is_associative_and_commutative(a: list[str], b: list[str], c: list[str]) -> None:
    one, two, three = measured(a), measured(b), measured(c)
    assert one.merge(two) == two.merge(one)
    assert one.merge(two).merge(three) == one.merge(two.merge(three))
    assert Cube().merge(one) == one


@settings(max_examples=40)
@given(measured_surveys)
def test_sums_over_the_years_are_those_of_the_cells(lines: list[str]) -> None:
    whole = measured(lines)
    for question in whole.cells:
        every = whole.select(question, {2020, 2021}, lambda *_: True)
        assert every.cells[question] == whole.cells[question]


@settings(max_examples=60)
@given(surveys)
def test_means_are_those_of_fractions_correctly_rounded(lines: list[str]) -> None:
    whole = cube(lines)
    values: dict[str, list[Fraction]] = {}
    for line in lines:
        question, _, state, value, *_ = line.split(",")
        if value and question == "Humus":
            values.setdefault("", []).append(Fraction(value))
            values.setdefault(state, []).append(Fraction(value))
    overall, states = whole.rollup("Humus")[()], whole.rollup("Humus", "location")
    # A row without a state is in the first list twice.
    everywhere = [
        Fraction(line.split(",")[3]) for line in lines if line[:5] == "Humus" and line.split(",")[3]
    ]
    mean = sum(everywhere) / len(everywhere)
    assert whole.mean(overall) == float(mean)
    for (state,), measures in states.items():
        if measures.counted:
            own = sum(values[state]) / len(values[state])
            assert whole.mean(measures) == float(own)
            assert whole.mean_difference(overall, measures) == float(mean - own)


@settings(max_examples=40)
@given(surveys, surveys, surveys)
def test_merging_is_associative_and_commutative(a: list[str], b: list[str], c: list[str]) -> None:
    one, two, three = cube(a), cube(b), cube(c)
    assert one.merge(two) == two.merge(one)
    assert (
        one.merge(two).merge(three)
        == one.merge(two.merge(three))
        == functools.reduce(Cube.merge, [three, one, two])
    )


def test_a_row_counts_in_every_rollup_whose_labels_it_has() -> None:
    whole = cube(["Humus,S1,Bayern,1,,", "Humus,S1,,2,Nutzung,Wald", ",,Bayern,4,Nutzung,Wald"])
    assert whole.rollup("Humus") == {(): CellStats(3, 2)}
    assert whole.rollup("Humus", "location") == {("Bayern",): CellStats(1, 1)}
    assert whole.rollup("Humus", "location", "category") == {}
    assert whole.rollup("Humus", "category") == {("Nutzung",): CellStats(2, 1)}
    assert whole.rollup("Lehm") == {}


def test_a_cube_is_unequal_to_other_types() -> None:
    assert cube(["Humus,S1,Bayern,1,,"]) != 3


def test_suppressed_rows_count_in_no_mean() -> None:
    whole = cube(["Humus,S1,Bayern,,Nutzung,Wald", "Humus,S1,Bayern,1.50,Nutzung,Wald"])
    assert whole.overall() == CellStats(15, 1, 1)
    assert whole.scale == 1


def test_a_cube_with_measures_pickles_before_and_after_a_snapshot() -> None:
    whole = measured(["Humus,S1,Bayern,1.5,Nutzung,Wald,2020,1,2,30"])
    loaded, _ = snapshot.loads(snapshot.dumps(whole, MEASURED))
    assert pickle.loads(pickle.dumps(whole)) == pickle.loads(pickle.dumps(loaded)) == whole


def test_a_cube_pickles_with_and_without_rollups() -> None:
    whole = cube(["Humus,S1,Bayern,1,,", "Sand,S2,Hessen,2.5,Nutzung,Wald"])
    assert pickle.loads(pickle.dumps(whole)) == whole

    rollup = whole.counted("Humus", "location")

    assert pickle.loads(pickle.dumps(whole)).counted("Humus", "location") == rollup

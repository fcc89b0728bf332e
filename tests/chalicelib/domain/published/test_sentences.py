"""Numbers, intervals and years as sentences have them."""

import pytest

from chalicelib.domain.inference import comparisons
from chalicelib.domain.measures import CellKey
from chalicelib.domain.published.selection import named, spans
from chalicelib.domain.published.sentences import difference_text, names_text, p_text
from chalicelib.domain.published.unit import Unit


def unit(name: str, decimals: int = 1, whole: float | None = None) -> Unit:
    return Unit(name, decimals, whole, whole, 0.95, 1.96)


@pytest.mark.parametrize(
    ("years", "text"),
    [([2022], "2022"), ([2011, 2012, 2013, 2015], "2011-2013, 2015"), ([2011, 2013], "2011, 2013"), ([], "")],
)
def test_years_are_ranges(years: list[int], text: str) -> None:
    assert spans(years) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (1e-30, "p < 0.0001"),
        (0.00099, "p = 0.00099"),
        (0.0468, "p = 0.047"),
        (0.5, "p = 0.5"),
        (1.0, "p = 1"),
    ],
)
def test_p_values_have_two_digits(p: float, text: str) -> None:
    assert p_text(p) == text


@pytest.mark.parametrize(
    ("unit", "value", "difference"),
    [
        (unit("%", whole=100.0), "38.1 %", "38.1 points"),
        (unit("proportion", 3, whole=1.0), "38.100", "38.100"),
        (unit("kg/m²"), "38.1 kg/m²", "38.1 kg/m²"),
        (unit(""), "38.1", "38.1"),
    ],
)
def test_values_and_differences_have_their_unit(unit: Unit, value: str, difference: str) -> None:
    assert unit.show(38.1) == value
    assert unit.show_difference(-38.1) == difference


def test_rounded_zero_has_no_sign() -> None:
    assert unit("%").show(-0.04) == "0.0 %"
    assert unit("%").show(-0.06) == "-0.1 %"


def test_decrease_has_the_interval_of_its_size() -> None:
    text = difference_text(
        unit("%", whole=100.0), comparisons.tested(-3.0, 1.0, 1.96), "in 2022 than in 2011"
    )

    assert text == "3.0 points lower in 2022 than in 2011 (95 % CI 1.0 to 5.0; p = 0.0027)"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (CellKey("Ohio", 2022, "Total", "Total"), "Ohio 2022"),
        (CellKey("Ohio", 0, "", ""), "Ohio"),
        (CellKey("Ohio", 2022, "Income", "Low"), "Ohio 2022, Income: Low"),
    ],
)
def test_cells_are_named_by_place_year_and_group(key: CellKey, text: str) -> None:
    assert named(key) == text


def test_long_list_of_names_says_how_many_others_there_are() -> None:
    names = [f"Area {number}" for number in range(51)]

    assert names_text(names[:15]) == ", ".join(names[:15])
    assert names_text(names) == "Area 0, Area 1, Area 2, Area 3, Area 4 and 46 others"
    assert names_text([]) == "none"

"""The grammar of years: what each text selects, and which texts are refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.years import MOST_YEARS, parse_years
from chalicelib.errors import BadYears

AVAILABLE = (2011, 2013, 2015, 2016, 2017)
years = st.integers(1000, 9999)


@pytest.mark.parametrize(
    ("text", "selected", "missing"),
    [
        ("2013", (2013,), ()),
        (" 2013 ", (2013,), ()),
        ("2011-2015", (2011, 2013, 2015), (2012, 2014)),
        ("2016-2018", (2016, 2017), (2018,)),
        ("2017,2011,2015-2016", (2011, 2015, 2016, 2017), ()),
        ("2011, 2011 - 2011", (2011,), ()),
        ("2023", (), (2023,)),
        ("all", AVAILABLE, ()),
        ("latest", (2017,), ()),
    ],
)
def test_text_selects_years_in_order_and_names_the_missing(
    text: str, selected: tuple[int, ...], missing: tuple[int, ...]
) -> None:
    selection = parse_years(text)
    assert selection.resolve(reversed(AVAILABLE)) == selected
    assert selection.missing(AVAILABLE) == missing


def test_latest_is_the_last_year_with_a_value_where_that_is_known() -> None:
    assert parse_years("latest").resolve(AVAILABLE, 2015) == (2015,)
    assert parse_years("2011-2017").resolve(AVAILABLE, 2015) == AVAILABLE
    assert parse_years("latest").resolve(()) == ()


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "now", "Latest", "22", "02022", "20222", "2022-", "-2022", "2011--2022", "2011-2013-2015"),
        *("2011,", ",2011", "2011;2012", "2011,latest", "all,2011", "２０２２", "2022.0", "1e3", "-2011"),
    ],
)
def test_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadYears) as caught:
        parse_years(text)
    assert f'"years" is "{text}"' in str(caught.value)
    assert "2011-2022" in str(caught.value)


@given(years, years)
def test_range_is_read_forwards_and_refused_backwards(first: int, last: int) -> None:
    if first > last:
        with pytest.raises(BadYears, match=f"{first} is after {last}"):
            parse_years(f"{first}-{last}")
    elif last - first < MOST_YEARS:
        assert parse_years(f"{first}-{last}").asked == tuple(range(first, last + 1))
    else:
        with pytest.raises(BadYears, match=f"more than {MOST_YEARS} years"):
            parse_years(f"{first}-{last}")


@given(st.text(max_size=12))
def test_any_text_is_years_or_refused(text: str) -> None:
    with contextlib.suppress(BadYears):
        selection = parse_years(text)
        assert selection.latest or selection.asked or text.strip() == "all"

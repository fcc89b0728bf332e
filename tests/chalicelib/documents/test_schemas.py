"""The schemas that describe requests are those that check them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema_rs import Draft4Validator

from chalicelib.documents.inputs import INPUTS, LONGEST_TEXT
from chalicelib.documents.schemas import inputs_schema, parse_inputs
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.errors import InvalidRequest

names = st.sampled_from(["question", "state", "State", "year", *INPUTS])
values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    st.text(" \t\n\x1c\x85\u00a0\ufeff\u3000x", max_size=2),
    st.sampled_from(["x" * LONGEST_TEXT, "x" * (LONGEST_TEXT + 1), "ß" * LONGEST_TEXT]),
    st.sampled_from(
        ["2011", "2011-2013", " 2011 , 2015 - 2017", "2011\n", "latest", "all", "equal", "states"]
    ),
    st.sampled_from(["none", "lowest", "nchs", "5", "05", "1000", "٢٠١١"]),
    st.integers(999, 10_000) | st.sampled_from([0, 1, 999, 10**9, 10**9 + 1, 36.5, 5.0, -0.0]),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    st.lists(st.text()) | st.dictionaries(names, st.text()),
)
bodies = (
    values
    | st.dictionaries(names, values)
    | st.fixed_dictionaries({"question": values, "state": values})
    | st.builds(
        lambda some, inputs: inputs | some,
        st.dictionaries(st.sampled_from(list(INPUTS)), values, max_size=2),
        st.just({"question": "x", "state": "x", "category": "x"}),
    )
)


@pytest.mark.parametrize("name", STATISTICS)
@given(bodies)
@example({"question": "\x1c", "state": "x"})
@example({"question": "\ufeff", "state": "x"})
def test_service_accepts_exactly_what_the_schema_allows(name: str, body: object) -> None:
    """As a JSON Schema validator reads it: its regular expressions are not Python's."""
    fits = Draft4Validator(inputs_schema(STATISTICS[name])).is_valid(body)
    try:
        inputs = parse_inputs(STATISTICS[name], body)
    except InvalidRequest:
        assert not fits
    else:
        assert fits
        assert isinstance(body, dict)
        assert set(inputs) == set(body)
        assert all(inputs[field] == value for field, value in body.items() if isinstance(value, str))


@pytest.mark.parametrize(
    ("name", "field", "number", "text"),
    [
        ("estimate", "years", 2022, "2022"),
        ("compare", "versus_years", 2011, "2011"),
        ("ranking", "top", 3, "3"),
        ("ranking", "top", 10, "10"),
        ("benchmark", "reference", 36, "36"),
        ("benchmark", "reference", 36.5, "36.5"),
        ("benchmark", "reference", 30.0, "30"),
        ("states_mean", "years", 2022, "2022"),
    ],
)
def test_number_is_the_text_that_means_the_same(name: str, field: str, number: float, text: str) -> None:
    body = {"question": "x", "state": "x"} if name == "compare" else {"question": "x"}
    assert parse_inputs(STATISTICS[name], body | {field: number})[field] == text


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("estimate", {"years": "2022-2011"}, "2022-2011"),
        ("estimate", {"years": "1000-9999"}, "1000-9999"),
        ("estimate", {"years": "22"}, '"22"'),
        ("estimate", {"years": 22}, '"22"'),
        ("estimate", {"years": 2022.0}, "2022.0"),
        ("estimate", {"years": True}, "true"),
        ("states_mean", {"years": "last"}, '"last"'),
        ("estimate", {"weights": "heavy"}, '"equal", "sample_size", "precision", not "heavy"'),
        ("estimate", {"areas": "territories"}, '"states", "all"'),
        ("estimate", {"rule": "NCHS"}, '"nchs", "brfss", "none", not "NCHS"'),
        ("ranking", {"top": "0"}, 'from 1 to 999, not "0"'),
        ("ranking", {"top": -3}, 'not "-3"'),
        ("ranking", {"best": "high"}, '"lowest", "highest"'),
        ("ranking", {"weights": "equal"}, 'unknown field "weights"; ranking takes "question", "years"'),
        ("benchmark", {"reference": 1e300}, '"reference"'),
        ("best5", {"state": "Ohio"}, 'best5 takes "question", "years", "category", "stratum"'),
        ("disparity", {"state": "Ohio"}, '"category" is missing'),
    ],
)
def test_input_that_breaks_the_grammar_is_refused_with_what_is_right(
    name: str, wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_inputs(STATISTICS[name], {"question": "x"} | wrong)
    assert message in str(caught.value)


def test_absent_inputs_stay_absent() -> None:
    assert parse_inputs(STATISTICS["estimate"], {"question": "x"}) == {"question": "x"}

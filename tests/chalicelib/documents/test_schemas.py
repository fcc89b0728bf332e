"""The schemas that describe requests are those that check them."""

from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema_rs import Draft4Validator

from chalicelib.documents.inputs import LONGEST_TEXT
from chalicelib.documents.schemas import inputs_schema, parse_inputs
from chalicelib.domain.statistics.registry import STATISTICS
from chalicelib.errors import InvalidRequest

STATISTIC = STATISTICS["state_mean"]
SCHEMA = inputs_schema(STATISTIC)
names = st.sampled_from(["question", "state", "State", "year"])
values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    st.text(" \t\n\x1c\x85\u00a0\ufeff\u3000x", max_size=2),
    st.sampled_from(["x" * LONGEST_TEXT, "x" * (LONGEST_TEXT + 1), "ß" * LONGEST_TEXT]),
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False),
    st.lists(st.text()) | st.dictionaries(names, st.text()),
)
bodies = (
    values | st.dictionaries(names, values) | st.fixed_dictionaries({"question": values, "state": values})
)


@given(bodies)
@example({"question": "\x1c", "state": "x"})
@example({"question": "\ufeff", "state": "x"})
def test_service_accepts_exactly_what_the_schema_allows(body: object) -> None:
    """As a JSON Schema validator reads it: its regular expressions are not Python's."""
    fits = Draft4Validator(SCHEMA).is_valid(body)
    try:
        found = parse_inputs(STATISTIC, body)
    except InvalidRequest:
        assert not fits
    else:
        assert fits
        assert found == body

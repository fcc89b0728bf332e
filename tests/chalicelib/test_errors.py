"""The tree of errors: each says its message to its user, in whichever process it was raised."""

import copy
import pickle
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.errors import StatlineError, UnknownName


def tree(root: type[StatlineError]) -> Iterator[type[StatlineError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def made(kind: type[StatlineError]) -> st.SearchStrategy[StatlineError]:
    return st.builds(kind) if "__init__" in own(kind) else st.builds(kind, st.text())


def own(kind: type[StatlineError]) -> set[str]:
    """The names that an error or one between it and the root defines."""
    return {name for base in kind.__mro__ if base.__module__ == errors.__name__ for name in vars(base)}


@pytest.mark.parametrize(
    "kind", sorted({*tree(StatlineError)} - {UnknownName}, key=str), ids=lambda kind: kind.__name__
)
@settings(max_examples=8)
@given(data=st.data())
def test_error_keeps_class_message_and_facts_in_another_process(
    kind: type[StatlineError], data: st.DataObject
) -> None:
    error = data.draw(made(kind))
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(other) is kind
        assert str(other) == str(error)
        assert vars(other) == vars(error)

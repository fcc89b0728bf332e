"""Calls to the outside that fail, counted by operation."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from chalicelib.errors import StatlineError, Unavailable
from chalicelib.observability.metrics import STORE_ERRORS

P = TypeVar("P")


def count_errors(port: P, name: str) -> P:
    """The port's methods; each call that fails is counted as `<name>.<method>`."""
    return cast(P, Counted(port, name))


class Counted:
    def __init__(self, port: object, name: str) -> None:
        for method in dir(type(port)):
            if not method.startswith("_") and callable(getattr(type(port), method)):
                setattr(self, method, counting(port, method, f"{name}.{method}"))


def counting(port: object, method: str, operation: str) -> Callable[..., Any]:
    def call(*args: Any, **named: Any) -> Any:
        try:
            result = getattr(port, method)(*args, **named)
        except Exception as error:
            note(operation, error)
            raise
        return each(result, operation) if isinstance(result, Iterator) else result

    return call


def each(items: Iterator[Any], operation: str) -> Iterator[Any]:
    """The items: what is read page by page may fail on any of them."""
    try:
        yield from items
    except Exception as error:
        note(operation, error)
        raise


def note(operation: str, error: Exception) -> None:
    # That there is no such job or data set is an answer.
    if isinstance(error, Unavailable) or not isinstance(error, StatlineError):
        STORE_ERRORS.add(operation)

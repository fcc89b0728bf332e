"""Failed calls of a port, counted by operation."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from chalicelib.errors import StatlineError, Unavailable
from chalicelib.observability.metrics import STORE_ERRORS

P = TypeVar("P")


def count_errors(port: P, name: str) -> P:
    """Return the port; each call of it that fails is counted as `<name>.<method>`."""
    return cast(P, CountedPort(port, name))


class CountedPort:
    """A port whose calls go through `counted`."""

    def __init__(self, port: object, name: str) -> None:
        self._port, self._name = port, name

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return functools.partial(call, getattr(self._port, method), f"{self._name}.{method}")


def call(method: Callable[..., Any], operation: str, *args: Any, **named: Any) -> Any:
    with counted(operation):
        result = method(*args, **named)
    return each(result, operation) if isinstance(result, Iterator) else result


def each(items: Iterator[Any], operation: str) -> Iterator[Any]:
    """Yield the items: what is read page by page may fail on any of them."""
    with counted(operation):
        yield from items


@contextmanager
def counted(operation: str) -> Iterator[None]:
    """Count an error that is no answer: that there is no such job or data set is one."""
    try:
        yield
    except Exception as error:
        if isinstance(error, Unavailable) or not isinstance(error, StatlineError):
            STORE_ERRORS.add(operation)
        raise

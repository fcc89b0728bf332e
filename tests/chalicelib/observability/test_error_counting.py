"""Failed calls are counted by operation; conditions of the port are not failures."""

from collections.abc import Iterator

import pytest

from chalicelib.errors import JobNotFound, Unavailable
from chalicelib.observability.error_counting import count_errors
from chalicelib.observability.metrics import STORE_ERRORS
from tests.support.metrics import value


class Port:
    """Fails in every way that there is."""

    def works(self, number: int, *, more: int = 0) -> int:
        return number + more

    def breaks(self) -> None:
        raise OSError("disk")

    def is_away(self) -> None:
        raise Unavailable("storage")

    def knows_none(self) -> None:
        raise JobNotFound("job_id_1")

    def breaks_half_way(self) -> Iterator[int]:
        yield 1
        raise OSError("disk")


@pytest.mark.parametrize(
    ("method", "error", "count"),
    [("breaks", OSError, 1), ("is_away", Unavailable, 1), ("knows_none", JobNotFound, 0)],
)
def test_failed_call_is_counted_and_raises_unchanged(method: str, error: type[Exception], count: int) -> None:
    before = value(STORE_ERRORS, f"port.{method}")
    with pytest.raises(error):
        getattr(count_errors(Port(), "port"), method)()
    assert value(STORE_ERRORS, f"port.{method}") - before == count


def test_iterator_that_fails_is_counted_when_it_fails() -> None:
    before = value(STORE_ERRORS, "port.breaks_half_way")
    items = count_errors(Port(), "port").breaks_half_way()
    assert next(items) == 1
    assert value(STORE_ERRORS, "port.breaks_half_way") == before
    with pytest.raises(OSError, match="disk"):
        next(items)
    assert value(STORE_ERRORS, "port.breaks_half_way") == before + 1


def test_successful_call_passes_through() -> None:
    """A method that is replaced later is the one called."""
    port = Port()
    wrapped = count_errors(port, "port")
    assert wrapped.works(1, more=2) == 3
    port.works = lambda number, more=0: -1  # type: ignore[method-assign]
    assert wrapped.works(1) == -1

"""Several executions in one request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.acceptance import Question
from chalicelib.errors import InvalidRequest, Refused, UnknownQuestion, UnknownState
from chalicelib.execution import as_json, parse_execution
from chalicelib.statistics import statistic

LARGEST_BATCH = 100
MEMBER = "executions"


def parse_batch(body: object, fresh: bool) -> list[Question]:
    """The questions of a batch, in order. Raises InvalidRequest, naming the place of a wrong one."""
    given = body.get(MEMBER) if isinstance(body, dict) else None
    if not isinstance(given, list) or not 1 <= len(given) <= LARGEST_BATCH:
        raise InvalidRequest(
            f'the body must be an object whose "{MEMBER}" has 1 to {LARGEST_BATCH} members such as '
            '{"processID": "best5", "inputs": {"question": "Q036"}}'
        )
    if unknown := sorted(set(body) - {MEMBER}):  # type: ignore[call-overload] # an object, by the line above
        raise InvalidRequest(f'unknown member "{unknown[0]}"; there is "{MEMBER}"')
    questions = []
    for place, one in enumerate(given):
        with at(place):
            questions.append(parse_one(one, fresh))
    return questions


def parse_one(one: Any, fresh: bool) -> Question:
    if not isinstance(one, dict) or not isinstance(one.get("processID"), str):
        raise InvalidRequest(f'"processID" must name a process, as in a status document: {as_json(one)}')
    asked = statistic(one["processID"])
    return Question(asked, parse_execution(asked, one, fresh))


def check_each(questions: list[Question], check: Callable[[Question], None]) -> None:
    """Raises InvalidRequest, naming the place of the one that `check` raises for."""
    for place, question in enumerate(questions):
        with at(place):
            check(question)


@contextmanager
def at(place: int) -> Iterator[None]:
    try:
        yield
    except (Refused, UnknownQuestion, UnknownState) as error:
        raise InvalidRequest(f"{MEMBER}[{place}]: {error}") from error

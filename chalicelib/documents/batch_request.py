"""Several executions in one request."""

from typing import Any

from chalicelib.application.submission import BATCH_MEMBER, ExecuteRequest, in_batch
from chalicelib.documents.execute_request import as_json, parse_execute_request
from chalicelib.domain.statistics.registry import statistic
from chalicelib.errors import InvalidRequest

LARGEST_BATCH = 100


def parse_batch(body: object, fresh: bool) -> list[ExecuteRequest]:
    """The questions of a batch, in order. Raises InvalidRequest, naming the place of a wrong one."""
    given = body.get(BATCH_MEMBER) if isinstance(body, dict) else None
    if not isinstance(given, list) or not 1 <= len(given) <= LARGEST_BATCH:
        raise InvalidRequest(
            f'the body must be an object whose "{BATCH_MEMBER}" has 1 to {LARGEST_BATCH} members such as '
            '{"processID": "best5", "inputs": {"question": "Q036"}}'
        )
    if unknown := sorted(set(body) - {BATCH_MEMBER}):  # type: ignore[call-overload] # an object, by the line above
        raise InvalidRequest(f'unknown member "{unknown[0]}"; there is "{BATCH_MEMBER}"')
    questions = []
    for place, one in enumerate(given):
        with in_batch(place):
            questions.append(parse_one(one, fresh))
    return questions


def parse_one(one: Any, fresh: bool) -> ExecuteRequest:
    if not isinstance(one, dict) or not isinstance(one.get("processID"), str):
        raise InvalidRequest(f'"processID" must name a process, as in a status document: {as_json(one)}')
    asked = statistic(one["processID"])
    return parse_execute_request(asked, one, fresh)

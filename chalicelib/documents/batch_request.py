"""The batch request: several execute requests in one."""

from typing import Any

from chalicelib.application.job import ExecuteRequest
from chalicelib.application.submission import BATCH_MEMBER, in_batch
from chalicelib.documents.execute_request import as_json, parse_execute_request
from chalicelib.domain.statistics.registry import statistic
from chalicelib.errors import InvalidRequest

LARGEST_BATCH = 100


def parse_batch(body: Any, fresh: bool) -> list[ExecuteRequest]:
    """Parse the requests of a batch, in order. Raises InvalidRequest, with the index of an invalid one."""
    members = body.get(BATCH_MEMBER) if isinstance(body, dict) else None
    if not isinstance(members, list) or not 1 <= len(members) <= LARGEST_BATCH:
        raise InvalidRequest(
            f'the body must be an object whose "{BATCH_MEMBER}" has 1 to {LARGEST_BATCH} members such as '
            '{"processID": "best5", "inputs": {"question": "Q036"}}'
        )
    if unknown := sorted(set(body) - {BATCH_MEMBER}):
        raise InvalidRequest(f'unknown member "{unknown[0]}"; there is "{BATCH_MEMBER}"')
    requests = []
    for index, member in enumerate(members):
        with in_batch(index):
            requests.append(parse_member(member, fresh))
    return requests


def parse_member(member: Any, fresh: bool) -> ExecuteRequest:
    if not isinstance(member, dict) or not isinstance(member.get("processID"), str):
        raise InvalidRequest(f'"processID" must name a process, as in a status document: {as_json(member)}')
    return parse_execute_request(statistic(member["processID"]), member, fresh)

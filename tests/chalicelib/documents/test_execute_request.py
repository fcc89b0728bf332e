"""The parser of execute requests."""

from functools import partial
from typing import Any

import pytest

from chalicelib.application.job import ExecuteRequest
from chalicelib.documents.execute_request import parse_execute_request
from chalicelib.domain.statistics.registry import MEANS
from chalicelib.errors import InvalidRequest

BEST5 = MEANS["best5"]
Q = {"question": "S1"}
request = partial(ExecuteRequest, "best5")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"inputs": Q}, request(Q)),
        ({"inputs": Q, "response": "document"}, request(Q, "document")),
        ({"inputs": Q, "outputs": {}}, request(Q)),
        ({"inputs": Q, "outputs": {"result": {}}}, request(Q)),
        ({"inputs": Q, "outputs": {"result": {"transmissionMode": "value"}}}, request(Q)),
        (
            {"inputs": Q, "outputs": {"result": {"format": {"mediaType": "text/csv"}}}},
            request(Q, media_type="text/csv"),
        ),
        ({"inputs": {"question": {"value": "S1"}}}, request(Q)),
        ({"inputs": {"question": {"value": "S1", "mediaType": "text/plain"}}}, request(Q)),
        ({"inputs": {"question": {"href": "data:,S1"}}}, request(Q)),
        ({"inputs": {"question": {"href": "data:text/plain;charset=utf-8,%53%31"}}}, request(Q)),
        ({"inputs": {"question": {"href": "DATA:text/plain;base64,UzE="}}}, request(Q)),
        ({"inputs": Q, "mode": "sync", "x-own": 1}, request(Q)),
    ],
)
def test_every_standard_form_of_a_request_is_parsed(body: dict[str, Any], expected: ExecuteRequest) -> None:
    assert parse_execute_request(BEST5, body) == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], '"inputs"'),
        ({}, '"question" is missing'),
        ({"inputs": None}, '"inputs"'),
        ({"inputs": ["S1"]}, '"inputs"'),
        ({"inputs": Q | {"year": "2020"}}, '"year"'),
        ({"inputs": {"question": ["S1"]}}, '"question"'),
        ({"inputs": {"question": 7}}, "7"),
        ({"inputs": {"question": {}}}, "href"),
        ({"inputs": {"question": {"value": {"value": "S1"}}}}, '"question"'),
        ({"inputs": {"question": {"href": "http://169.254.169.254/"}}}, "169.254"),
        ({"inputs": {"question": {"href": "file:///etc/passwd"}}}, "data: URLs"),
        ({"inputs": {"question": {"href": "http://data.example/data:,S1"}}}, "data: URLs"),
        ({"inputs": {"question": {"href": "data:no-comma"}}}, "data: URLs"),
        ({"inputs": {"question": {"href": "data:;base64,U"}}}, "UTF-8"),
        ({"inputs": {"question": {"href": "data:,%ff"}}}, "UTF-8"),
        ({"inputs": {"question": {"href": None}}}, "data: URLs"),
        ({"inputs": Q, "response": "xml"}, "raw"),
        ({"inputs": Q, "response": ["raw"]}, "raw"),
        ({"inputs": Q, "outputs": []}, '"outputs"'),
        ({"inputs": Q, "outputs": {"mean": {}}}, '"result"'),
        ({"inputs": Q, "outputs": {"result": "text/csv"}}, '"result"'),
        ({"inputs": Q, "outputs": {"result": {"transmissionMode": "reference"}}}, '"value"'),
        ({"inputs": Q, "outputs": {"result": {"format": {"mediaType": "image/png"}}}}, "text/csv"),
        ({"inputs": Q, "outputs": {"result": {"format": {"mediaType": {}}}}}, "text/csv"),
        ({"inputs": Q, "outputs": {"result": {"format": "text/csv"}}}, '"format"'),
    ],
)
def test_invalid_request_is_refused_and_names_the_member(body: object, message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        parse_execute_request(BEST5, body)

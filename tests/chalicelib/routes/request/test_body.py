"""JSON bodies: nesting and duplicate keys, at a cost that grows with the size alone."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from chalicelib.errors import InvalidRequest
from chalicelib.routes.request.body import (
    DEEPEST_NESTING,
    LARGEST_BODY,
    json_body,
    nesting,
    without_duplicates,
)

KEYED = {"Idempotency-Key": "k"}


def nested(depth: int) -> str:
    """A question with an extra member, which nests to this depth in all."""
    return '{"question": "S1", "more": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"


@pytest.mark.parametrize("headers", [{}, KEYED])
@pytest.mark.parametrize("path", ["/api/best5", "/processes/best5/execution", "/batch"])
def test_deep_body_is_400_whatever_ignores_its_members(
    url: str, http: requests.Session, path: str, headers: dict[str, str]
) -> None:
    for depth in (DEEPEST_NESTING + 1, 900, *range(940, 1000, 3), 30_000):
        response = http.post(url + path, data=nested(depth), headers=headers, timeout=5)

        assert response.status_code == 400
        assert f"nested too deeply to be a question; at most {DEEPEST_NESTING} levels" in response.text


def test_body_of_the_allowed_depth_is_read(url: str, http: requests.Session) -> None:
    body = {"inputs": {"question": "S1"}, "ignored": json.loads(nested(DEEPEST_NESTING - 1))}

    response = http.post(f"{url}/processes/best5/execution", json=body, headers=KEYED, timeout=5)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        (b"", 0),
        (b"7", 0),
        (b'"[[["', 0),
        (b'"[[[', 0),
        (b'"\\"[["', 0),
        (b'"\\\\"[["', 2),
        (b"[{}, [[]], {}]", 3),
        ('{"ü[": ["ß]"]}'.encode(), 2),
        (b"]]][", 0),
        (b'"[\\', 0),
        (b'"a\\\n[b" [', 1),
    ],
)
def test_brackets_in_strings_do_not_count_as_nesting(body: bytes, depth: int) -> None:
    assert max(nesting(body), 0) == depth


def test_json_within_the_limit_is_what_the_parser_says() -> None:
    body = json.dumps({"a": [{"b": ["\\", '"', "]"]}]})

    assert json_body(request(body.encode())) == json.loads(body)


class Name(str):
    """A key that counts the comparisons with it."""

    compared = 0

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)


def test_each_key_is_looked_at_once_when_one_is_given_twice() -> None:
    names = [Name(f"n{number}") for number in range(5_000)]
    Name.compared = 0

    with pytest.raises(InvalidRequest, match="n4999"):
        without_duplicates([(name, 1) for name in [*names, Name("n4999")]])

    assert Name.compared < 2 * len(names)


def test_duplicate_key_in_the_largest_body_is_400(url: str, http: requests.Session) -> None:
    members = ",".join(f'"{number}":1' for number in range(7_000))
    body = "{" + members + ',"6999":1}'
    assert 0.9 * LARGEST_BODY < len(body) <= LARGEST_BODY

    response = http.post(f"{url}/api/best5", data=body, timeout=5)

    assert (response.status_code, response.json()["reason"]) == (400, 'field "6999" is given twice')


def request(body: bytes) -> Any:
    return SimpleNamespace(raw_body=body)

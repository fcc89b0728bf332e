"""The body of a request: JSON of limited size and depth."""

import itertools
import json
import re
from typing import Any

from chalice.app import Request

from chalicelib.errors import BodyTooLarge, InvalidRequest, shown

LARGEST_BODY = 64 * 1024
DEEPEST_NESTING = 20  # a batch whose inputs are qualified has 6 levels
# A string ends with its quote, or with the body: each byte is looked at once.
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
OPENING = b"[{"
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def json_body(request: Request) -> object:
    """Return the request's body as JSON, whatever its Content-Type says.

    Raises InvalidRequest for a body that is not JSON by RFC 8259 (NaN included), names a member twice or
    nests too deeply, BodyTooLarge above 64 KiB.
    """
    raw: bytes = request.raw_body  # type: ignore[assignment] # Chalice annotates a str that it never returns
    if len(raw) > LARGEST_BODY:
        raise BodyTooLarge(f"the body has {len(raw)} bytes; at most {LARGEST_BODY} are taken")
    if nesting(raw) > DEEPEST_NESTING:
        raise InvalidRequest(
            f"the body is nested too deeply to be a question; at most {DEEPEST_NESTING} levels are taken"
        )
    try:
        # Decoded here, since json.loads also accepts UTF-16 and UTF-32.
        return json.loads(raw.decode(), object_pairs_hook=without_duplicates, parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"the body is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except ValueError as error:
        raise InvalidRequest(
            f'the body is not JSON: {error}; send an object such as {{"question": "Q036"}}'
        ) from None


def nesting(raw: bytes) -> int:
    """Return how deep brackets nest in JSON, without parsing it: the parser recurses once a level."""
    brackets = STRING.sub(b"", raw).translate(None, NO_BRACKETS)
    return max(itertools.accumulate(1 if byte in OPENING else -1 for byte in brackets), default=0)


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise InvalidRequest(f"field {shown(name)} is given twice")
        fields[name] = value
    return fields


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")

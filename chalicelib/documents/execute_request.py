"""The execute request of OGC API - Processes: inputs, and in which form the result is wanted."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from chalicelib.application.job import FAILED_URI, IN_PROGRESS_URI, JSON, RAW, SUCCESS_URI
from chalicelib.application.submission import ExecuteRequest
from chalicelib.documents.process_description import MEDIA_TYPES, OUTPUT
from chalicelib.documents.schemas import parse_inputs
from chalicelib.domain.statistics.registry import Statistic
from chalicelib.errors import InvalidRequest, listed, shown

CALLBACK_NAMES = (SUCCESS_URI, IN_PROGRESS_URI, FAILED_URI)
RESPONSES = (RAW, DOCUMENT := "document")


def parse_question(statistic: Statistic, body: object, fresh: bool = False) -> ExecuteRequest:
    """Parse the body of POST /api/<statistic>. Raises InvalidRequest, naming the field that is wrong."""
    return ExecuteRequest(statistic.name, parse_inputs(statistic, body), fresh=fresh)


def parse_execute_request(asked: Statistic, body: object, fresh: bool = False) -> ExecuteRequest:
    """Raises InvalidRequest, naming the member that is wrong."""
    if not isinstance(body, dict):
        raise InvalidRequest(f"the body must be an object such as {example(asked)}")
    given = member(body, "inputs")
    inputs = parse_inputs(asked, {name: plain_value(name, value) for name, value in given.items()})
    response = body.get("response", RAW)
    if response not in RESPONSES:
        raise InvalidRequest(f'"response" must be one of {listed(RESPONSES)}, not {as_json(response)}')
    return ExecuteRequest(
        asked.name, inputs, response, media_type(member(body, "outputs")), subscriber(body), fresh
    )


def example(asked: Statistic) -> str:
    return json.dumps({"inputs": dict.fromkeys(asked.parameters, "…")}, ensure_ascii=False)


def member(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name, {})
    if not isinstance(found, dict):
        raise InvalidRequest(f'"{name}" must be an object, not {as_json(found)}')
    return found


def plain_value(name: str, given: object) -> object:
    """An input's value, which may also come qualified (`{"value": …}`) or by a link (`{"href": …}`)."""
    if not isinstance(given, dict):
        return given
    if "value" in given:
        return given["value"]
    if "href" in given:
        return referenced(name, given["href"])
    raise InvalidRequest(f"input {shown(name)} is an object with neither a value nor an href")


def referenced(name: str, href: object) -> str:
    """The text in a `data:` URL (RFC 2397). No other is followed: a server that fetches whatever address
    a stranger names can be turned against its own network.
    """
    scheme, _, rest = str(href).partition(":")
    head, comma, data = rest.partition(",")
    if scheme.lower() != "data" or not comma:
        raise InvalidRequest(f"input {shown(name)}: of links, only data: URLs are taken, not {shown(href)}")
    raw = unquote_to_bytes(data)
    try:
        return (base64.b64decode(raw, validate=True) if head.endswith(";base64") else raw).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"input {shown(name)}: {shown(href)} does not hold UTF-8 text: {error}"
        ) from None


def subscriber(body: Mapping[str, Any]) -> dict[str, str]:
    """The addresses to call back, by the standard's names for them; who subscribes is told of success."""
    given = member(body, "subscriber")
    for name, url in given.items():
        if name not in CALLBACK_NAMES or not isinstance(url, str):
            raise InvalidRequest(
                f'"subscriber" has texts named {listed(CALLBACK_NAMES)}, not {as_json({name: url})}'
            )
    if "subscriber" in body and SUCCESS_URI not in given:
        raise InvalidRequest(f'"subscriber" lacks "{SUCCESS_URI}"')
    return given


def media_type(outputs: Mapping[str, Any]) -> str:
    """The form that the one output is asked for in. None asked for means all there are."""
    if unknown := sorted(set(outputs) - {OUTPUT}):
        raise InvalidRequest(f"there is no output {shown(unknown[0])}; there is {shown(OUTPUT)}")
    output = outputs.get(OUTPUT, {})
    if not isinstance(output, dict):
        raise InvalidRequest(f"output {shown(OUTPUT)} must be an object, not {as_json(output)}")
    if (mode := output.get("transmissionMode", "value")) != "value":
        raise InvalidRequest(
            f'"transmissionMode" {as_json(mode)} is not offered: results come by "value"; '
            "an asynchronous job's result has an address of its own"
        )
    wanted = member(output, "format").get("mediaType", JSON)
    if wanted not in MEDIA_TYPES:
        raise InvalidRequest(f'"mediaType" must be one of {listed(MEDIA_TYPES)}, not {as_json(wanted)}')
    return str(wanted)


def as_json(value: object) -> str:
    return json.dumps(value)[:200]

"""The execute request of OGC API - Processes: inputs, form of the result, and callbacks."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from chalicelib.application.job import FAILED_URI, IN_PROGRESS_URI, JSON, RAW, SUCCESS_URI, ExecuteRequest
from chalicelib.documents.process_description import MEDIA_TYPES, OUTPUT
from chalicelib.documents.schemas import parse_inputs
from chalicelib.domain.statistics.statistic import Statistic
from chalicelib.errors import InvalidRequest, listed, shown

CALLBACK_NAMES = (SUCCESS_URI, IN_PROGRESS_URI, FAILED_URI)
RESPONSES = (RAW, DOCUMENT := "document")


def parse_question(statistic: Statistic, body: object, fresh: bool = False) -> ExecuteRequest:
    """Parse the body of POST /api/<statistic>. Raises InvalidRequest, naming the field that is wrong."""
    return ExecuteRequest(statistic.name, parse_inputs(statistic, body), fresh=fresh)


def parse_execute_request(statistic: Statistic, body: object, fresh: bool = False) -> ExecuteRequest:
    """Parse the body of an execution. Raises InvalidRequest, naming the member that is wrong."""
    if not isinstance(body, dict):
        example = json.dumps({"inputs": dict.fromkeys(statistic.parameters, "…")}, ensure_ascii=False)
        raise InvalidRequest(f"the body must be an object such as {example}")
    values = {name: input_value(name, value) for name, value in object_member(body, "inputs").items()}
    inputs = parse_inputs(statistic, values)
    response = body.get("response", RAW)
    if response not in RESPONSES:
        raise InvalidRequest(f'"response" must be one of {listed(RESPONSES)}, not {as_json(response)}')
    form = media_type(object_member(body, "outputs"))
    return ExecuteRequest(statistic.name, inputs, response, form, subscriber(body), fresh)


def object_member(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a member that must be an object; an empty one if it is missing."""
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise InvalidRequest(f'"{name}" must be an object, not {as_json(value)}')
    return value


def input_value(name: str, value: object) -> object:
    """Return an input's value, which may be qualified (`{"value": …}`) or a link (`{"href": …}`)."""
    if not isinstance(value, dict):
        return value
    if "value" in value:
        return value["value"]
    if "href" in value:
        return linked_text(name, value["href"])
    raise InvalidRequest(f"input {shown(name)} is an object with neither a value nor an href")


def linked_text(name: str, href: object) -> str:
    """Return the text in a `data:` URL (RFC 2397).

    No other URL is fetched: a client could use the server to reach its private network.
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
    """Return the callback URLs by their names in the standard, which requires one for success."""
    urls = object_member(body, "subscriber")
    for name, url in urls.items():
        if name not in CALLBACK_NAMES or not isinstance(url, str):
            raise InvalidRequest(
                f'"subscriber" has texts named {listed(CALLBACK_NAMES)}, not {as_json({name: url})}'
            )
    if "subscriber" in body and SUCCESS_URI not in urls:
        raise InvalidRequest(f'"subscriber" lacks "{SUCCESS_URI}"')
    return urls


def media_type(outputs: Mapping[str, Any]) -> str:
    """Return the requested media type of the one output. Without outputs, the standard means all of them."""
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
    requested = object_member(output, "format").get("mediaType", JSON)
    if requested not in MEDIA_TYPES:
        raise InvalidRequest(f'"mediaType" must be one of {listed(MEDIA_TYPES)}, not {as_json(requested)}')
    return str(requested)


def as_json(value: object) -> str:
    return json.dumps(value)[:200]

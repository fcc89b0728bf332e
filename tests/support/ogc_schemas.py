"""The schemas of OGC API - Processes - Part 1: Core 1.0, for the validation of responses.

They are OpenAPI 3.0 schemas, with the keywords of JSON Schema draft 4.
"""

from typing import Any

from jsonschema import Draft4Validator, FormatChecker

Schema = dict[str, Any]


def array_of(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/definitions/{name}"}}


def object_of(name: str) -> Schema:
    return {"type": "object", "additionalProperties": {"$ref": f"#/definitions/{name}"}}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
SUBSCHEMA: Schema = {"$ref": "#/definitions/schema"}

DEFINITIONS: Schema = {
    "link": {
        "type": "object",
        "required": ["href"],
        "properties": {"href": TEXT, "rel": TEXT, "type": TEXT, "hreflang": TEXT, "title": TEXT},
    },
    "landingPage": {
        "type": "object",
        "required": ["links"],
        "properties": {"title": TEXT, "description": TEXT, "links": array_of("link")},
    },
    "confClasses": {
        "type": "object",
        "required": ["conformsTo"],
        "properties": {"conformsTo": {"type": "array", "items": TEXT}},
    },
    "exception": {
        "type": "object",
        "required": ["type"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "instance": TEXT,
        },
    },
    "descriptionType": {
        "type": "object",
        "properties": {
            "title": TEXT,
            "description": TEXT,
            "keywords": {"type": "array", "items": TEXT},
            "metadata": {
                "type": "array",
                "items": {"type": "object", "properties": {"title": TEXT, "role": TEXT, "href": TEXT}},
            },
        },
    },
    "processSummary": {
        "allOf": [
            {"$ref": "#/definitions/descriptionType"},
            {
                "type": "object",
                "required": ["id", "version"],
                "properties": {
                    "id": TEXT,
                    "version": TEXT,
                    "jobControlOptions": {
                        "type": "array",
                        "items": {"enum": ["sync-execute", "async-execute", "dismiss"]},
                    },
                    "outputTransmission": {"type": "array", "items": {"enum": ["value", "reference"]}},
                    "links": array_of("link"),
                },
            },
        ]
    },
    "processList": {
        "type": "object",
        "required": ["processes", "links"],
        "properties": {"processes": array_of("processSummary"), "links": array_of("link")},
    },
    "process": {
        "allOf": [
            {"$ref": "#/definitions/processSummary"},
            {
                "type": "object",
                "properties": {
                    "inputs": object_of("inputDescription"),
                    "outputs": object_of("outputDescription"),
                },
            },
        ]
    },
    "inputDescription": {
        "allOf": [
            {"$ref": "#/definitions/descriptionType"},
            {
                "type": "object",
                "required": ["schema"],
                "properties": {
                    "minOccurs": {"type": "integer"},
                    "maxOccurs": {"oneOf": [{"type": "integer"}, {"enum": ["unbounded"]}]},
                    "schema": SUBSCHEMA,
                },
            },
        ]
    },
    "outputDescription": {
        "allOf": [
            {"$ref": "#/definitions/descriptionType"},
            {"type": "object", "required": ["schema"], "properties": {"schema": SUBSCHEMA}},
        ]
    },
    # A schema of OpenAPI 3.0, which has no other keywords.
    "schema": {
        "type": "object",
        "properties": {
            **dict.fromkeys(("title", "description", "format", "pattern"), TEXT),
            **dict.fromkeys(("contentMediaType", "contentEncoding", "contentSchema"), TEXT),
            **dict.fromkeys(("maximum", "minimum", "multipleOf"), NUMBER),
            **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "uniqueItems"), FLAG),
            **dict.fromkeys(("nullable", "readOnly", "writeOnly", "deprecated"), FLAG),
            **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems"), COUNT),
            **dict.fromkeys(("maxProperties", "minProperties"), COUNT),
            **dict.fromkeys(("allOf", "oneOf", "anyOf"), array_of("schema")),
            **dict.fromkeys(("not", "items"), SUBSCHEMA),
            "default": {},
            "example": {},
            "required": {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True},
            "enum": {"type": "array", "minItems": 1},
            "type": {"enum": ["array", "boolean", "integer", "number", "object", "string"]},
            "properties": object_of("schema"),
            "additionalProperties": {"anyOf": [SUBSCHEMA, FLAG]},
        },
        "additionalProperties": False,
    },
    "plainValue": {"anyOf": [{"type": kind} for kind in ("string", "number", "boolean", "array")]},
    "qualifiedValue": {
        "type": "object",
        "required": ["value"],
        "properties": {
            "mediaType": TEXT,
            "encoding": TEXT,
            "schema": {"anyOf": [TEXT, {"type": "object"}]},
            "value": {"anyOf": [{"$ref": "#/definitions/plainValue"}, {"type": "object"}]},
        },
    },
    "inlineOrRefData": {
        "oneOf": [{"$ref": f"#/definitions/{kind}"} for kind in ("plainValue", "qualifiedValue", "link")]
    },
    "execute": {
        "type": "object",
        "properties": {
            "inputs": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"$ref": "#/definitions/inlineOrRefData"}, array_of("inlineOrRefData")]
                },
            },
            "outputs": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {
                        "format": {"type": "object", "properties": {"mediaType": TEXT, "encoding": TEXT}},
                        "transmissionMode": {"enum": ["value", "reference"]},
                    },
                },
            },
            "response": {"enum": ["raw", "document"]},
            "subscriber": {"type": "object", "required": ["successUri"]},
        },
    },
    "results": object_of("inlineOrRefData"),
    "statusInfo": {
        "type": "object",
        "required": ["jobID", "status", "type"],
        "properties": {
            "processID": TEXT,
            "type": {"enum": ["process"]},
            "jobID": TEXT,
            "status": {"enum": ["accepted", "running", "successful", "failed", "dismissed"]},
            "message": TEXT,
            **dict.fromkeys(("created", "started", "finished", "updated"), MOMENT),
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            "links": array_of("link"),
        },
    },
    "jobList": {
        "type": "object",
        "required": ["jobs", "links"],
        "properties": {"jobs": array_of("statusInfo"), "links": array_of("link")},
    },
}


def check(name: str, value: Any) -> None:
    """Validate a value by the schema of this name. Raises jsonschema's ValidationError."""
    schema = {"$ref": f"#/definitions/{name}", "definitions": DEFINITIONS}
    Draft4Validator(schema, format_checker=FormatChecker(["date-time"])).validate(value)

"""The JSON Schemas of the documents that estimates compute, in OpenAPI 3.0's dialect (`nullable`)."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
YEAR: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}


def nullable(schema: Schema) -> Schema:
    return schema | {"nullable": True}


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def pair(items: Schema) -> Schema:
    """Two ends, the lower one first."""
    return array(items) | {"minItems": 2, "maxItems": 2}


def members(required: str, optional: str = "") -> Schema:
    """An object with members from TYPES, named by spaces; it may have others."""
    names = (*required.split(), *optional.split())
    return {
        "type": "object",
        "required": required.split(),
        "properties": {name: TYPES[name] for name in names},
    }


def typed(schema: Schema, names: str) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


# What a member means is the same in every answer, but for those in `own` of `answer`.
TYPES: dict[str, Schema] = {
    **typed(TEXT, "state stratum category verdict interval_is estimand statement id text source"),
    **typed(TEXT, "code title citation release dataset replay"),
    **typed({"type": "string", "enum": ["lowest", "highest"]}, "best"),
    **typed(nullable(NUMBER), "estimate slope value difference z p p_scaled p_adjusted ratio crude"),
    **typed(nullable(NUMBER), "se se_scaled low high design_effect rse se_rounding median q effective_n"),
    **typed(nullable(NUMBER), "fitted_first fitted_last difference_from_crude range"),
    **typed(nullable(pair(NUMBER)), "interval interval_scaled ratio_interval korn_graubard"),
    **typed(pair(COUNT), "joint_range kww_range alone_range"),
    **typed(COUNT, "cells rank of df"),
    **typed(nullable(COUNT), "n"),
    **typed(nullable(YEAR), "year from to"),
    **typed(nullable(FLAG), "presentable plausibly_top surely_top complement_unreliable synthetic"),
    **typed(array(TEXT), "absent left_out not_separated reasons"),
    **typed(array(YEAR), "years"),
    **typed(nullable(array(YEAR)), "missing_years"),
    **typed({"type": "object", "additionalProperties": COUNT}, "counts"),
    **typed({"type": "object", "additionalProperties": NUMBER}, "weights"),
    **typed({"type": "object", "additionalProperties": TEXT}, "inputs"),
}
TYPES["reliability"] = nullable(
    members("presentable reasons", "complement_unreliable effective_n korn_graubard")
)
TYPES["heterogeneity"] = TYPES["lack_of_fit"] = nullable(members("q df p"))
DIFFERENCE = members("difference se interval z p ratio ratio_interval")
TYPES["first"] = TYPES["second"] = members("estimate se interval interval_is n cells", "reliability")
CARRIED = {
    **typed(TEXT, "estimand statement"),
    "method": members("id") | {"additionalProperties": True},
    "caveats": array(members("code text", "source")),
    "provenance": members("dataset title synthetic inputs replay", "citation release"),
}


def answer(schema: Schema, **own: Schema) -> Schema:
    """Return the schema of an answer: its members, those of its `own`, and what every answer carries."""
    return {
        "type": "object",
        "required": [*schema["required"], *own, *CARRIED],
        "properties": schema["properties"] | own | CARRIED,
    }


def either(first: Schema, second: Schema) -> Schema:
    """Return the schema of an answer for one state, or with a row for each area."""
    return {"anyOf": [first, second]}


CELL = members(
    "state year category stratum",
    "value low high n se design_effect rse se_rounding reliability",
)
CELL["properties"]["suppressed"] = FLAG
SUPPRESSED = array(TEXT)
CELLS = answer(members(""), rows=array(CELL))
ESTIMATE = answer(
    members(
        "estimate se interval interval_is n cells years missing_years reliability", "heterogeneity median"
    ),
    suppressed=COUNT,
)
COMPARE = answer(members("first second difference se interval z p ratio ratio_interval"))
CHANGE = members("from to difference se interval z p ratio ratio_interval")
TREND_ROW = members("state slope se_scaled interval_scaled p_scaled p_adjusted verdict")
TREND_ROW["properties"] |= {"years": COUNT, "change": nullable(NUMBER)}
TREND = either(
    answer(
        members(
            "slope se interval z p se_scaled p_scaled interval_scaled lack_of_fit years missing_years "
            "fitted_first fitted_last"
        ),
        change=CHANGE,
    ),
    answer(members("of left_out counts"), areas=array(TREND_ROW)),
)
RANKED = members("state rank estimate interval n joint_range kww_range plausibly_top surely_top presentable")
RANKING = answer(
    members("year best of absent", "alone_range not_separated state"),
    suppressed=SUPPRESSED,
    critical={"type": "object", "additionalProperties": NUMBER},
    ranking=array(RANKED),
    plausibly_top=array(TEXT),
    surely_top=array(TEXT),
)
BENCHED = members("state estimate difference se interval p p_adjusted verdict")
BENCHED["properties"]["reference"] = NUMBER
BENCHMARK = answer(
    members("year of absent counts"), reference=TEXT, suppressed=SUPPRESSED, states=array(BENCHED)
)
COMPARED = members("stratum estimate interval n presentable")
COMPARED["properties"]["versus_reference"] = nullable(
    members("difference se interval z p ratio ratio_interval p_adjusted")
)
DISPARITY = answer(
    members("year left_out heterogeneity range ratio"),
    reference=nullable(TEXT),
    suppressed=SUPPRESSED,
    strata=array(COMPARED),
)
ADJUSTED = "estimate se interval crude difference_from_crude"
AGE_STANDARDISED = either(
    answer(members(f"year {ADJUSTED} weights")),
    answer(members("year left_out weights"), areas=array(members(f"state {ADJUSTED}"))),
)
ESTIMAND = nullable(members("estimate cells difference", "year"))
ESTIMANDS = answer(
    members(""),
    cells_mean=ESTIMAND,
    total_rows_mean=ESTIMAND,
    total_rows_by_sample_size=ESTIMAND,
    total_rows_by_precision=ESTIMAND,
    latest_year=ESTIMAND,
)
# By the names of the statistics.
ANSWERS = {
    "cells": CELLS,
    "estimate": ESTIMATE,
    "compare": COMPARE,
    "trend": TREND,
    "ranking": RANKING,
    "benchmark": BENCHMARK,
    "disparity": DISPARITY,
    "age_standardised": AGE_STANDARDISED,
    "estimands": ESTIMANDS,
}

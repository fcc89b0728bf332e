"""What the columns of surveys are called, by role; the first pattern that a column has decides."""

import re

PATTERNS: dict[str, tuple[str, ...]] = {
    "question": (
        *("^question$", "^(indicator|measure|topic|variable|health ?topic)$", "^indicators?[ _]?(name)?$"),
        *("^indicator", "^measure$", "^series[ _]?name$", "^frage$", "^(short_)?question_?text$", "^topic"),
        *("^dataflow", "^outcome$"),
    ),
    "question_id": (
        *("^question_?id$", "^(indicator|series)[ _]?code$", "^indicator_?id$", "^measure_?id$", "_id$"),
    ),
    "location": (
        *(
            "^locationdesc$",
            "^location_?name$",
            "^place_?name$",
            "^country[ _]?name$",
            "^(state|county|city)_?(name|desc)$",
        ),
        *("^(state|country|county|city|region|province|location|jurisdiction|area|geography)$", "^geo$"),
        *(
            "^(geography|area|geo)[ _]?(name|label)$",
            "^(state|city)",
            "^location$",
            "^land$",
            "^place",
            "^(site|district)$",
        ),
    ),
    "location_id": (
        *("^locationabbr$", "^country[ _]?code$", "^state_?abbr$", "^(ref_area|iso3?|fips)$", "^dguid$"),
        *("^spatialdim(valuecode)?$", "^(location|geo|area)[ _]?(id|code)$", "^administrative-geography$"),
    ),
    "value": (
        *("^data_?value$", "^(obs_)?value$", "^(fact)?valuenumeric$", "^v4_[0-9]+$", "^wert$"),
        *("^estimate$", "prevalence", "^percent", "^rate$", "^mean$", "^value", "^display ?value$"),
        *("crudeprev$", "_mean$", "_pct$"),
    ),
    "low": ("low.*(conf|ci|limit|cl)", "^(factvaluenumeric)?low$", "^lower", "^lcl", "^ci.*low", "95ci_?l"),
    "high": ("high.*(conf|ci|limit|cl)", "^(factvaluenumeric)?high$", "^upper", "^ucl", "^ci.*(high|up)"),
    "sample_size": ("sample.?size", "^n$", "^denominator$", "^respondents$"),
    "year": (
        *("^year_?start$", "^year$", "^(time_?period|period|time|ref_date|calendar-years|jahr)$", "year"),
        *("^date$",),
    ),
    "year_end": ("^year_?end$",),
    "category": ("^stratificationcategory1$", "^(break_out|breakout)_?category$"),
    "segment": ("^stratification1$", "^(break_out|breakout)$"),
}
# Columns of numbers that are no values: ids, and the marks of complete records.
NO_VALUE = re.compile("(^|_)id$|_complete$", re.IGNORECASE)
# Columns of larger places, which tell two counties of one name apart.
LARGER = re.compile(r"^state_?(abbr|desc|name)?$", re.IGNORECASE)
DIMENSION = re.compile(
    r"^(sex|gender|age([ _]?groups?)?|race.*|ethnicity|education.*|income.*|dim[0-9]|residence.*)$",
    re.IGNORECASE,
)
WHOLE = re.compile(
    r"(total|all|overall|both sexes|both|persons|all (ages|persons|sexes|adults)|total, .*|_?t|btsx|sex_btsx"
    r"|.*years and over|all groups|[0-9]+\+|adults?)( .*)?",
    re.IGNORECASE,
)
WIDE = re.compile(r"(?:19|20)[0-9]{2}")
# The texts of rows that are measures, by role.
MEASURES = {
    "low": re.compile(r".*\b(low|lower)\b.*", re.IGNORECASE),
    "high": re.compile(r".*\b(high|upper)\b.*", re.IGNORECASE),
    "value": re.compile(r"(percent|value|estimate|rate|prevalence|mean).*", re.IGNORECASE),
}


def columns_of(role: str, names: list[str]) -> list[str]:
    """Return the columns that may have a role, the likeliest first."""
    found = [name for text in PATTERNS[role] for name in names if re.search(text, name, re.IGNORECASE)]
    return list(dict.fromkeys(found))

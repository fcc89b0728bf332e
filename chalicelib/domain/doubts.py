"""What may be a mistake in a data set or its description: sentences with a remedy. None stops anything."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from chalicelib.domain.cube import inverted
from chalicelib.domain.shape.roles import names_of
from chalicelib.domain.shape.tallies import EXAMPLES, counted, crowded, pasted, some
from chalicelib.domain.shape.texts import composed
from chalicelib.errors import listed, shown

if TYPE_CHECKING:
    from chalicelib.domain.ingestor import DataIngestor

# Locations and segments that are the sum or mean of others.
TOTAL = re.compile(
    r"(grand )?totals?|(all|overall|nation(al|wide)?|world|global|us|usa)( .{1,30})?"
    r"|(the )?united states( of america)?|both sexes|(european union|eu-?[0-9]{2}|euro area).*|oecd.*"
)


def doubts(data: "DataIngestor") -> list[str]:
    """Return the sentences about a data set, the same for the same data."""
    return [
        *totals(data),
        *counted(data.cube.tallies),
        *crowded(*data.cube.crowding()),
        *unknown_names(data),
        *spellings(data),
        *ambiguous_ids(data),
    ]


def totals(data: "DataIngestor") -> Iterator[str]:
    names = [name for name in sorted(data.states) if is_total(name) and name != data.description.national]
    if names and len(data.states) > len(names):
        column = names_of(data.description.columns.get("location", "location"))[0]
        drop = pasted({column: names[:EXAMPLES]})
        yield f'{some(names)} seems a total, and counts as a location: "drop": {drop} leaves its rows out'
    wholes = {*data.description.wholes}
    for category, strata in data.strata.items():
        of_all = [name for name in strata if is_total(name) and (category, name) not in wholes]
        if of_all and len(strata) > len(of_all):
            whole = pasted({category: of_all[0]})
            yield f'{some(of_all)} of {shown(category)}: the whole population, it seems; "whole": {whole}'


def is_total(name: str) -> bool:
    return bool(TOTAL.fullmatch(name.casefold()))


def unknown_names(data: "DataIngestor") -> Iterator[str]:
    description = data.description
    best = [
        name for name in description.best if name not in data.questions and name not in data.cube.question_ids
    ]
    if best:
        yield f'"best" has {some(best)}, which no question is or has as id'
    known = {
        "question": data.questions,
        "question_id": {*data.cube.question_ids},
        "location": data.states,
        "location_id": {name for ids in data.cube.location_ids.values() for name in ids},
        "category": {*data.strata},
        "segment": {name for strata in data.strata.values() for name in strata},
    }
    if nowhere := [name for name, meant in description.aliases.get("location", {}).items() if not meant]:
        drop = pasted({names_of(description.columns.get("location", "location"))[0]: nowhere})
        yield f'"aliases" makes {some(nowhere)} no location, yet it counts in the mean of all: "drop": {drop}'
    for role, aliases in description.aliases.items():
        unseen = [
            name for name in dict.fromkeys(aliases.values()) if name and name not in known.get(role, [name])
        ]
        if unseen:
            yield f'"aliases" has {some(unseen)}, which no row has as {shown(role)}'


def spellings(data: "DataIngestor") -> Iterator[str]:
    labels: Mapping[str, Iterable[str]] = {
        "question": data.questions,
        "location": data.states,
        "category": data.strata,
        **{f"segment of {shown(category)}": strata for category, strata in data.strata.items()},
    }
    for role, names in labels.items():
        alike: dict[str, list[str]] = {}
        for name in sorted(names):
            alike.setdefault(spelled(name), []).append(name)
        for same in alike.values():
            if len(same) > 1:
                remedy = pasted({role.split()[0]: dict.fromkeys(same[1:], same[0])})
                yield f'{listed(same)} may be one {role}: "aliases": {remedy}'


def spelled(name: str) -> str:
    """Return what two spellings of a name have in common."""
    return re.sub(r"[\W_]+", " ", composed(name).casefold()).strip() or name


def ambiguous_ids(data: "DataIngestor") -> Iterator[str]:
    locations = data.cube.location_ids
    yield from several("id", "questions", inverted(data.ids), "ask by text, or alias one text to the other")
    yield from several("question", "ids", data.ids, "one of them may be another question")
    cure = 'if they are several places, "location" can be a list of columns'
    yield from several("location", "ids", locations, cure)
    yield from several("id", "locations", inverted(locations), "one of them may be another spelling")


def several(noun: str, others: str, names: Mapping[str, Iterable[str]], cure: str) -> Iterator[str]:
    found = {name: sorted(texts) for name, texts in sorted(names.items())}
    found = {name: texts for name, texts in found.items() if len(texts) > 1}
    for name, texts in [*found.items()][:EXAMPLES]:
        yield f"the {noun} {shown(name)} has {len(texts)} {others}, {some(texts)}: {cure}"
    if len(found) > EXAMPLES:
        yield f"{len(found) - EXAMPLES:,} more {noun}s have several {others}"

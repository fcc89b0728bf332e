"""Columns and texts of a sample to a description, with notes of what it decided and cannot know."""

import re
from collections.abc import Iterable

from chalicelib.domain.doubts import is_total
from chalicelib.domain.ingest.columns import KIND
from chalicelib.domain.shape.roles import names_of
from chalicelib.domain.shape.tallies import some
from chalicelib.domain.sources import Source
from chalicelib.errors import listed, shown
from local.describing.draft import Guess
from local.describing.names import DIMENSION, LARGER, MEASURES, NO_VALUE, WHOLE, WIDE
from local.describing.sample import Sample, sample_of
from local.describing.texts import guess_texts

MOST_SEGMENTS = 60


def describe_file(source: Source, title: str) -> Guess:
    """Return a first description of a file. Raises a DatasetError for one that cannot be read."""
    sample = sample_of(source)
    guess = Guess(sample, {"title": title, "columns": {}, "read": sample.options})
    for name, value in sample.options.items():
        guess.notes.append(f"read: {name} {value}")
    guess_composite(guess)
    guess_labels(guess)
    guess_values(guess)
    guess_groups(guess)
    guess_kinds(guess)
    guess_totals(guess)
    guess_texts(guess)
    guess_rest(guess)
    return guess


def guess_composite(guess: Guess) -> None:
    r"""Cut Eurostat's first column, `unit,geo\TIME_PERIOD`, into question and location."""
    name = guess.sample.header[0]
    if "\\" in name and "," in name:
        parts = name.split("\\")[0].split(",")
        place = next((place for place, part in enumerate(parts) if part == "geo"), len(parts) - 1)
        question = next((number for number, part in enumerate(parts) if part in ("indic", "unit")), 0)
        groups = {place: "(?P<location>[^,]*)", question: "(?P<question>[^,]*)"}
        pattern = ",".join(groups.get(number, "[^,]*") for number in range(len(parts)))
        guess.add("extract", {name: f"^{pattern}$"}, f"cut {shown(name)} into question and location")
        guess.taken.add(name)


def guess_labels(guess: Guess) -> None:
    cut = "(?P<location>" in str(guess.facts.get("extract", ""))
    if not cut:
        guess.take("location", guess.likeliest("location") or guess.likeliest("location_id"))
        question = guess.take("question", guess.likeliest("question"))
        if question is None:
            name = guess.facts["title"]
            guess.add(
                "constants", {"question": name}, f"question: none found, so all rows are of {shown(name)}"
            )
    for role in ("question_id", "location_id"):
        owner = guess.facts["columns"].get(role.removesuffix("_id"))
        column = guess.likeliest(role)
        if owner and column and same_number(guess.sample, owner, column):
            guess.take(role, column)
    guess_place(guess)
    guess.take("category", guess.likeliest("category"))
    guess.take("segment", guess.likeliest("segment"))


def guess_place(guess: Guess) -> None:
    """Join a county with its state where names come twice, and leave out rows without a name."""
    column, sample = guess.facts["columns"].get("location"), guess.sample
    if column is None:
        return
    larger = [name for name in sample.texts if LARGER.match(name) and name != column]
    if larger and not LARGER.match(column):
        pairs = {
            (row[sample.header.index(column)], row[sample.header.index(larger[0])]) for row in sample.rows
        }
        if len(pairs) > len(sample.texts[column]) or re.match("(location|place|county|city)", column, re.I):
            guess.facts["columns"]["location"] = [column, larger[0]]
            if guess.facts["columns"].get("location_id") in larger:
                del guess.facts["columns"]["location_id"]
            guess.notes.append(
                f"location: joined with {shown(larger[0])}, since names come in several states"
            )
    if "" in sample.texts[column] and larger:
        note = f"dropped {sample.texts[column]['']:,} rows without {shown(column)}: totals, it seems"
        guess.add("drop", {column: [""]}, note)


def same_number(sample: Sample, one: str, other: str) -> bool:
    return len(sample.texts[one]) == len(sample.texts[other])


def guess_values(guess: Guess) -> None:
    names = [*guess.sample.texts]
    wide = [name for name in names if WIDE.fullmatch(name)]
    wide = wide or [
        name for name in names if WIDE.match(name) and re.search("value|percent|rate", name, re.I)
    ]
    if len(wide) > 1:
        rest = {WIDE.sub("", name) for name in wide}
        match = f"^({WIDE.pattern}){re.escape(rest.pop()) if len(rest) == 1 else ''}"
        melt = {"match": f"{match}$" if not rest else match, "var_name": "year"}
        guess.add("melt", melt, f"years: {len(wide)} columns, {wide[0]} to {wide[-1]}")
        guess.taken |= {name for name in names if WIDE.match(name)}
        return
    for role in ("year", "year_end", "low", "high", "sample_size", "value"):
        guess.take(role, guess.likeliest(role))
    columns = guess.facts["columns"]
    if "value" not in columns and (column := most_numeric(guess)):
        guess.take("value", column)
    if ("low" in columns) != ("high" in columns):
        del columns["low" if "low" in columns else "high"]
    if (
        "year_end" in columns
        and guess.sample.texts[columns["year"]] != guess.sample.texts[columns["year_end"]]
    ):
        del columns["year_end"]


def most_numeric(guess: Guess) -> str | None:
    """Return the last free column of numbers."""
    numeric = [
        name
        for name, texts in guess.sample.texts.items()
        if name not in guess.taken and not NO_VALUE.search(name) and texts.keys() - {""} and is_numeric(texts)
    ]
    return numeric[-1] if numeric else None


def is_numeric(texts: Iterable[str]) -> bool:
    filled = [text for text in texts if text]
    return sum(text[-1:].isdigit() for text in filled) * 2 > len(filled)


def guess_groups(guess: Guess) -> None:
    if "category" in guess.facts["columns"] and "segment" in guess.facts["columns"]:
        categories = guess.sample.texts[guess.facts["columns"]["category"]]
        whole = next((name for name in categories if is_total(name)), None)
        if whole in guess.sample.texts[guess.facts["columns"]["segment"]]:
            guess.facts["whole"] = {"category": whole, "segment": whole}
        return
    for role in ("category", "segment"):
        guess.facts["columns"].pop(role, None)
    # ONS has codes in `sex` and their labels after it in `Sex`.
    last = {name.casefold(): name for name in guess.sample.texts}
    for name, texts in guess.sample.texts.items():
        if (
            last[name.casefold()] == name
            and DIMENSION.match(name)
            and name not in guess.taken
            and 1 < len(texts) <= MOST_SEGMENTS
        ):
            whole = next((text for text in texts if text and WHOLE.fullmatch(text)), None)
            if whole is None and "" not in texts:
                guess.notes.append(
                    f"{shown(name)} has groups and none that is everybody: I cannot know which of "
                    f'{some(sorted(texts))} to take; "keep" takes some of them'
                )
            else:
                note = f"dimension {shown(name)}: {shown(whole or '')} is everybody"
                guess.add("dimensions", {name: whole or ""}, note)
            guess.taken.add(name)


def guess_kinds(guess: Guess) -> None:
    for name, texts in guess.sample.texts.items():
        kinds = {text: rows for text, rows in texts.items() if text}
        if not KIND.search(name) or len(kinds) < 2 or name in guess.taken:
            continue
        roles = {
            role: next((text for text in kinds if pattern.fullmatch(text)), None)
            for role, pattern in MEASURES.items()
        }
        if roles["low"] and roles["high"] and roles["value"]:
            pivot = {"column": name, **roles}
            guess.add("pivot", pivot, f"{shown(name)}: the rows of {listed(roles.values())} are measures")
        else:
            crude = (text for text in kinds if "crude" in text.lower())
            kept = next(crude, max(kinds, key=kinds.__getitem__))
            others = [text for text in kinds if text != kept]
            guess.add("keep", {name: [kept]}, f"{shown(name)}: kept {shown(kept)}, dropped {some(others)}")


def guess_totals(guess: Guess) -> None:
    column = next(iter(names_of(guess.facts["columns"].get("location", "location"))))
    names = sorted(name for name in guess.sample.texts.get(column, ()) if is_total(name))
    if names and len(guess.sample.texts[column]) > len(names):
        names += guess.facts.get("drop", {}).get(column, [])
        guess.add("drop", {column: names}, f"dropped the totals {some(names)} of {shown(column)}")


def guess_rest(guess: Guess) -> None:
    roles = {*guess.facts["columns"], *guess.facts.get("pivot", ())}
    patterns = "".join(guess.facts.get("extract", {}).values())
    if "low" in roles or "(?P<low>" in patterns:
        guess.facts["interval"] = {"level": 0.95, "scale": "linear"}
        guess.notes.append('interval: taken to be of 95 %, on a linear scale; "logit" suits percentages')
    names = " ".join(guess.sample.header)
    units = [text for name, texts in guess.sample.texts.items() if "unit" in name.lower() for text in texts]
    if "%" in units or re.search("percent|prevalence|crudeprev", names, re.IGNORECASE):
        guess.facts["unit"] = "%"
    for role in ("location", "value"):
        if (
            role not in roles
            and f"(?P<{role}>" not in patterns
            and not (role == "value" and "melt" in guess.facts)
        ):
            guess.notes.append(f'{role}: no column found; name it in "columns"')
    guess.notes.append('best: I cannot know which end is best; "best": {"question": "lowest"} says it')

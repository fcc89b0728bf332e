"""The description of a data set, and the fingerprint that names its content."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.domain.sources import Source, opened, refuse_device
from chalicelib.errors import InvalidDescription, listed, shown

# The roles that a column can have in the statistics; a description names the column of each.
REQUIRED_ROLES = ("question", "location", "value")
ROLES = (*REQUIRED_ROLES, "question_id", "location_id", "category", "segment")
BEST_ENDS = ("lowest", "highest")
KEYS = ("title", "source", "licence", "synthetic", "columns", "best", "aliases")


@dataclass(frozen=True)
class Description:
    """The description of a data set.

    `columns` has the column of each role, `best` the best end ("lowest" or "highest") for a question's id or
    text, and `aliases` the values of a role that count as another value.
    """

    title: str
    columns: Mapping[str, str]
    source: str = ""
    licence: str = ""
    synthetic: bool = False
    best: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Description":
        """Read a description file. Raises InvalidDescription with what is wrong."""
        return cls.from_dict(read_with_defaults(path, seen=()), path)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any], origin: object = "the description") -> "Description":
        check(facts, origin)
        return cls(**facts)

    def to_dict(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in KEYS}

    def canonical(self) -> bytes:
        """Return the same bytes for the same description, whatever the layout of its file."""
        return json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False).encode()


def read_with_defaults(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    """Return the file's facts over those of the file that its key "like" names."""
    path = path.resolve()  # one file has many spellings, and "../d/x.json" would grow for ever
    if path in seen:
        raise InvalidDescription(path, f'its "like" leads back to itself, over {listed(seen)}')
    try:
        refuse_device(path)
        facts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidDescription(path, "no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidDescription(path, str(error)) from None
    if not isinstance(facts, dict):
        raise InvalidDescription(path, "it is not a JSON object")
    like = facts.pop("like", None)
    if like is None:
        return facts
    return read_with_defaults(path.parent / str(like), (*seen, path)) | facts


def check(facts: Mapping[str, Any], origin: object) -> None:
    """Raise InvalidDescription for the first thing that is wrong."""
    if unknown := sorted(set(facts) - set(KEYS)):
        raise InvalidDescription(origin, f"unknown key {shown(unknown[0])}; there are {listed(KEYS)}")
    check_types(facts, origin)
    columns = facts["columns"]
    if missing := [role for role in REQUIRED_ROLES if role not in columns]:
        raise InvalidDescription(origin, f'"columns" lacks {listed(missing)}')
    if unknown := sorted(set(columns) - set(ROLES)):
        raise InvalidDescription(origin, f'"columns" has {shown(unknown[0])}; the roles are {listed(ROLES)}')
    if ("category" in columns) != ("segment" in columns):
        raise InvalidDescription(origin, '"columns" needs "category" and "segment" together, or neither')
    if odd := [end for end in facts.get("best", {}).values() if end not in BEST_ENDS]:
        raise InvalidDescription(origin, f'"best" has {shown(odd[0])}; it takes {listed(BEST_ENDS)}')
    if unknown := sorted(set(facts.get("aliases", {})) - set(ROLES)):
        raise InvalidDescription(origin, f'"aliases" has {shown(unknown[0])}; the roles are {listed(ROLES)}')


def check_types(facts: Mapping[str, Any], origin: object) -> None:
    title = facts.get("title")
    if not isinstance(title, str) or not title.strip() or not is_renaming(facts.get("columns")):
        raise InvalidDescription(origin, 'it needs a "title" and "columns", the column of each role')
    for key in ("source", "licence"):
        if not isinstance(facts.get(key, ""), str):
            raise InvalidDescription(origin, f"{shown(key)} is not a text")
    if not isinstance(facts.get("synthetic", False), bool):
        raise InvalidDescription(origin, '"synthetic" is neither true nor false')
    if not is_renaming(facts.get("best", {})):
        raise InvalidDescription(origin, '"best" is not an object of question to end')
    aliases = facts.get("aliases", {})
    if not isinstance(aliases, dict) or not all(map(is_renaming, aliases.values())):
        raise InvalidDescription(origin, '"aliases" is not an object of role to {value: value}')
    try:
        json.dumps(facts, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidDescription(origin, "it holds half a character (an unpaired surrogate)") from None


def is_renaming(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())


def find_description(csv: Path, default: Path) -> Path:
    """Return `x.json` beside `x.csv` or `x.csv.gz` if it exists, else `default`."""
    if not csv.name:  # the root of the file system
        return default
    beside = csv.with_name(csv.name.removesuffix(".gz").removesuffix(".csv") + ".json")
    return beside if beside.is_file() else default


def fingerprint(source: Source, description: Description, version: int) -> str:
    """Return the SHA-256, in hexadecimal, of the rows, their description and the snapshot format's version.

    All three determine a result. A `.csv.gz` has the fingerprint of its `.csv`.
    """
    digest = hashlib.sha256(b"statline %d\n%b\n" % (version, description.canonical()))
    with opened(source) as text:
        while block := text.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

"""The description of a data set, and the fingerprint that names its content."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from chalicelib.domain.description_checks import CORE_KEYS, KEYS, problems
from chalicelib.domain.geometry import LARGEST_GEOMETRY
from chalicelib.domain.shape.roles import assigned
from chalicelib.domain.shape.texts import composed_values
from chalicelib.domain.sources import refuse_device
from chalicelib.errors import InvalidDescription, listed, shown

TOTAL = "Total"  # the category and segment of everybody, where a file has its groups in several columns


@dataclass(frozen=True)
class Description:
    """The description of a data set.

    `columns` has the column of each role (of question and location also a list of columns), `best` the best
    end ("lowest" or "highest") for a question's id or text, and `aliases` the values of a role that count as
    another value.

    The rest is for the statistics with uncertainty, and empty where the file does not give it:
    `unit` ("%", "proportion" or a text), `interval` ({"level", "scale"} of the limits), `whole` ({"category",
    "segment"} of everybody, or the segment of everybody for each category that has one), `national` and
    `territories` (locations that are no state), `no_group` (segments that are no group of people),
    `age` ({"category", "standard": segment to weight}), `notes` (caveats: {"code", "text", "source"}, with
    the "questions", "years", "locations" and "categories" that they touch, and "when": "any" touched row is
    selected, or only "mixed" with rows of untouched years),
    `population` (whom an estimate is about) and `citation`. `geometry` is a GeoJSON feature collection of the
    locations; in a file it may be the name of a file beside it. `topics` has the topic of a question's id or
    text, under which lists show it.

    How the rows of a file are shaped say `read` (pandas' options for reading it), `keep` and `drop` (texts of
    a column that decide on its rows), `constants` (a text for a role), `melt` (columns that are labels),
    `pivot` (rows that are measures), `extract` (regular expressions that cut texts into roles) and
    `dimensions` (columns of groups, with the text of each that means everybody).
    """

    title: str
    columns: Mapping[str, str | Sequence[str]]
    source: str = ""
    licence: str = ""
    synthetic: bool = False
    best: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unit: str = ""
    interval: Mapping[str, Any] = field(default_factory=dict)
    whole: Mapping[str, str] = field(default_factory=dict)
    national: str = ""
    territories: Sequence[str] = ()
    no_group: Sequence[str] = ()
    age: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[Mapping[str, Any]] = ()
    population: str = ""
    citation: str = ""
    geometry: Mapping[str, Any] = field(default_factory=dict)
    topics: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Any] = field(default_factory=dict)
    keep: Mapping[str, Sequence[str]] = field(default_factory=dict)
    drop: Mapping[str, Sequence[str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    melt: Mapping[str, Any] = field(default_factory=dict)
    pivot: Mapping[str, str] = field(default_factory=dict)
    extract: Mapping[str, str] = field(default_factory=dict)
    dimensions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Description":
        """Read a description file. Raises InvalidDescription with what is wrong."""
        return cls.from_dict(read_with_defaults(path, seen=()), path)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any], origin: object = "the description") -> "Description":
        if problem := next(problems(facts), None):
            raise InvalidDescription(origin, problem)
        return cls(**composed_values(facts))

    def to_dict(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in KEYS if key in CORE_KEYS or getattr(self, key)}

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles that are filled, by a column or in another way."""
        return frozenset(role for role, _ in assigned(vars(self)))

    @cached_property
    def wholes(self) -> tuple[tuple[str, str], ...]:
        """The category and segment of each group that is everybody."""
        if not self.whole:
            return ((TOTAL, TOTAL),) if self.dimensions else ()
        if {*self.whole} == {"category", "segment"}:
            return ((self.whole["category"], self.whole["segment"]),)
        return tuple(self.whole.items())

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
        facts = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InvalidDescription(path, "no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidDescription(path, str(error)) from None
    if not isinstance(facts, dict):
        raise InvalidDescription(path, "it is not a JSON object")
    if isinstance(facts.get("geometry"), str):
        facts["geometry"] = read_geometry(path, facts["geometry"])
    like = facts.pop("like", None)
    if like is None:
        return facts
    return read_with_defaults(path.parent / str(like), (*seen, path)) | facts


def read_geometry(description: Path, name: str) -> Any:
    """Return the GeoJSON in a file beside a description. Raises InvalidDescription."""
    path = description.parent / name
    try:
        if path.stat().st_size > 2 * LARGEST_GEOMETRY:  # blanks may be in it, but not a gigabyte
            raise InvalidDescription(description, f'"geometry" {shown(name)} is too large')
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidDescription(description, f'"geometry" {shown(name)}: {error}') from None


def find_description(data: Path, default: Path) -> Path:
    """Return the description beside a data set if there is one, else `default`.

    It is `x.json` for `x.csv`, `x.TSV`, `x.csv.gz` or `x.parquet`, in any case, and `description.json` in a
    folder, or in the folder of a pattern such as `x/*.csv`.
    """
    folder, wanted = data.parent, [f"{name}.json" for name in stems(data.name)]
    if data.is_dir() or any(mark in data.name for mark in "*?["):
        folder, wanted = (data if data.is_dir() else data.parent), ["description.json"]
    try:
        beside = {path.name.lower(): path for path in sorted(folder.iterdir(), reverse=True)}
    except OSError:  # the reading of the data says what is wrong
        return default
    there = (folder / name if (folder / name).is_file() else beside.get(name.lower()) for name in wanted)
    return next((path for path in there if path is not None and path.is_file()), default)


def stems(name: str) -> list[str]:
    """Return the names of a file without `.gz`, and without its suffix: of `x.csv.gz`, `x` and `x.csv`."""
    plain = re.sub(r"\.(gz|gzip)$", "", name, flags=re.IGNORECASE)
    return list(dict.fromkeys([Path(plain).stem if plain else "", plain]))


def fingerprint(digests: Iterable[bytes], description: Description, version: int) -> str:
    """Return the SHA-256, in hexadecimal, of files, their description and the snapshot format's version.

    All three determine a result; the order and the names of the files do not. `digests` are of
    `sources.digest_of`.
    """
    digest = hashlib.sha256(b"statline %d\n%b\n" % (version, description.canonical()))
    digest.update(b"".join(sorted(digests)))
    return digest.hexdigest()

"""DataIngestor: a data set, and the names that it knows."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.domain import snapshot
from chalicelib.domain.catalogue import Catalogue, catalogue_of
from chalicelib.domain.cube import MEASURED, Cube, Measures, inverted
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.doubts import doubts
from chalicelib.domain.shape.roles import ROLES
from chalicelib.domain.sources import Source, rewindable
from chalicelib.domain.suggestions import Suggester, closest
from chalicelib.errors import (
    AmbiguousQuestion,
    AmbiguousStratum,
    BestEndUnknown,
    MissingRole,
    OutdatedSnapshot,
    UnknownCategory,
    UnknownQuestion,
    UnknownState,
    UnknownStratum,
    shown,
)

if TYPE_CHECKING:
    import pandas as pd


class DataIngestor:
    """A data set: its cube and description. Immutable, so any number of threads may share it."""

    def __init__(self, cube: Cube, description: Description) -> None:
        self.cube, self.description = cube, description
        self.questions = frozenset(cube.cells)
        self.states = frozenset(labels[0] for cells in cube.cells.values() for labels in cells if labels[0])

    @classmethod
    def from_csv(cls, source: Source | str, description: Description) -> "DataIngestor":
        """Read a CSV file or binary stream, gzipped or not. Raises a DatasetError that says what is wrong."""
        from chalicelib.domain.ingest.reading import (
            cube_of_csv,
        )  # needs pandas, which a snapshot does without

        with rewindable(Path(source) if isinstance(source, str) else source) as rows:
            return cls(cube_of_csv(rows, description), description)

    @classmethod
    def from_file(cls, path: Path, description: Description) -> "DataIngestor":
        """Read a file of the kind that its suffix names: CSV, a workbook, parquet, or another of pandas'.

        Raises a DatasetError that says what is wrong.
        """
        from chalicelib.domain.ingest.reading import cube_of_file

        return cls(cube_of_file(path, description), description)

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame", description: Description) -> "DataIngestor":
        """Read a pandas frame, whatever it came from. Raises a DatasetError that says what is wrong.

        Floats count by their shortest decimal; null, None and NaN are missing values.
        """
        from chalicelib.domain.ingest.reading import cube_of_frame

        return cls(cube_of_frame(frame, description), description)

    @classmethod
    def from_snapshot(cls, saved: bytes) -> "DataIngestor":
        """Load the bytes that `snapshot` returned. Raises DamagedSnapshot."""
        return cls(*snapshot.loads(saved))

    def snapshot(self) -> bytes:
        """Return the whole data set as bytes, the same bytes for the same data."""
        return snapshot.dumps(self.cube, self.description)

    def question(self, name: str) -> str:
        """Return the text of a question from its text or its id. Raises UnknownQuestion."""
        if name in self.questions:
            return name
        texts = self.cube.question_ids.get(name, frozenset())
        if len(texts) == 1:
            return next(iter(texts))
        if texts:
            raise AmbiguousQuestion(name, sorted(texts))
        raise UnknownQuestion(name, self._question_suggester.closest(name))

    def state(self, name: str) -> str:
        """Return the name of a state of this data set. Raises UnknownState."""
        if name in self.states:
            return name
        raise UnknownState(
            name, self._abbreviated.get(name.upper()) or self.catalogue().suggesters["state"].closest(name)
        )

    def category(self, name: str) -> str:
        """Return the name of a category, an alias's too. Raises UnknownCategory, MissingRole."""
        self.require("category")
        category = self.description.aliases.get("category", {}).get(name, name)
        if category in self.strata:
            return category
        raise UnknownCategory(name, closest(name, self.strata))

    def stratum(self, category: str | None, name: str) -> tuple[str, str]:
        """Return the names of a stratum's category and its own, aliases' too.

        Without a category, the one that has the stratum. Raises UnknownCategory, UnknownStratum,
        AmbiguousStratum, MissingRole.
        """
        self.require("category", "segment")
        within = list(self.strata) if not category else [self.category(category)]
        stratum = self.description.aliases.get("segment", {}).get(name, name)
        owners = [owner for owner in within if stratum in self.strata[owner]]
        if len(owners) > 1:
            raise AmbiguousStratum(name, owners)
        if not owners:
            where = f"the category {shown(within[0])}" if category else "this data set"
            near = closest(name, [stratum for owner in within for stratum in self.strata[owner]])
            raise UnknownStratum(name, near, where)
        return owners[0], stratum

    def require(self, *roles: str) -> None:
        """Raise MissingRole for a role of a column, or a key of the description, that the data set lacks.

        Raises OutdatedSnapshot for years and measures where a snapshot of before does not have them.
        """
        for role in roles:
            if role in MEASURED and not self.cube.complete:
                raise OutdatedSnapshot
            known = self.cube.measured if role in MEASURED else self.description.roles
            if role in ROLES and role not in known:
                raise MissingRole(role, is_column=True)
            if role not in ROLES and not getattr(self.description, role):
                raise MissingRole(role, is_column=False)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What may be a mistake in the data or its description, in sentences."""
        return tuple(doubts(self))

    @property
    def scale(self) -> int:
        """The decimals of the measures' values and limits."""
        return self.cube.scale

    def measures(self, question: str) -> Measures:
        """Return what was published for each cell of a question's text. Raises OutdatedSnapshot.

        A snapshot decodes them at the first call, and keeps them.
        """
        if not self.cube.complete:
            raise OutdatedSnapshot
        return self.cube.measures(question)

    def years(self, question: str) -> tuple[int, ...]:
        """Return the years of a question's text, in order. Raises OutdatedSnapshot, MissingRole."""
        self.require("year")
        return tuple(sorted(self.cube.years.get(question, ())))

    @cached_property
    def strata(self) -> Mapping[str, tuple[str, ...]]:
        """The strata of each category, both in order of their names."""
        pairs = {labels[1:] for cells in self.cube.cells.values() for labels in cells if all(labels[1:])}
        strata: dict[str, tuple[str, ...]] = {}
        for category, stratum in sorted(pairs):
            strata[category] = (*strata.get(category, ()), stratum)
        return strata

    @cached_property
    def territories(self) -> frozenset[str]:
        """The names of the description's territories, which it may give by location id."""
        ids = self.cube.location_ids
        listed = set(self.description.territories)
        return frozenset(
            name for name in self.states if name in listed or listed & ids.get(name, frozenset())
        )

    def best(self, question: str) -> str:
        """Return the best end for a question's text, "lowest" or "highest". Raises BestEndUnknown."""
        if best := self.best_or_none(question):
            return best
        raise BestEndUnknown(
            f"the data set does not say whether a low or a high mean is best for {shown(question)}"
        )

    def catalogue(self) -> Catalogue:
        """Return the title, questions, states and categories of the data set, as JSON values; made once."""
        return self._catalogue

    @cached_property
    def _catalogue(self) -> Catalogue:
        return catalogue_of(self)

    def best_or_none(self, question: str) -> str | None:
        """Return the best end for a question's text, None where the description does not say it."""
        ends = self.description.best
        return next((ends[name] for name in (question, *self.ids.get(question, ())) if name in ends), None)

    # What a question or state is looked up in, each made once: a search would cost each request all names.

    @cached_property
    def ids(self) -> dict[str, list[str]]:
        """The ids of each question, in order."""
        return inverted({name: self.cube.question_ids[name] for name in sorted(self.cube.question_ids)})

    @cached_property
    def _abbreviated(self) -> dict[str, list[str]]:
        """The states of each abbreviation."""
        return inverted(self.cube.location_ids)

    @cached_property
    def _question_suggester(self) -> Suggester:
        return Suggester([*self.questions, *self.cube.question_ids])

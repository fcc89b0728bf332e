"""DataIngestor: a data set, and the names that it knows."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.domain import snapshot
from chalicelib.domain.catalogue import Catalogue
from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.sources import Source, rewindable
from chalicelib.domain.suggestions import Suggester
from chalicelib.errors import AmbiguousQuestion, BestEndUnknown, UnknownQuestion, UnknownState, shown

if TYPE_CHECKING:
    import pandas as pd


class DataIngestor:
    """A data set: its cube and description. Immutable, so any number of threads may share it."""

    def __init__(self, cube: Cube, description: Description) -> None:
        self.cube, self.description = cube, description
        self._questions = frozenset(cube.cells)
        self._states = frozenset(labels[0] for cells in cube.cells.values() for labels in cells if labels[0])

    @classmethod
    def from_csv(cls, source: Source | str, description: Description) -> "DataIngestor":
        """Read a CSV file or binary stream, gzipped or not. Raises a DatasetError that says what is wrong."""
        from chalicelib.domain.ingest import cube_of_csv  # needs pandas, which a snapshot does without

        with rewindable(Path(source) if isinstance(source, str) else source) as rows:
            return cls(cube_of_csv(rows, description), description)

    @classmethod
    def from_frame(cls, frame: "pd.DataFrame", description: Description) -> "DataIngestor":
        """Read a pandas frame, whatever it came from. Raises a DatasetError that says what is wrong.

        Floats count by their shortest decimal; null, None and NaN are missing values.
        """
        from chalicelib.domain.ingest import cube_of_frame

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
        if name in self._questions:
            return name
        texts = self.cube.question_ids.get(name, frozenset())
        if len(texts) == 1:
            return next(iter(texts))
        if texts:
            raise AmbiguousQuestion(name, sorted(texts))
        raise UnknownQuestion(name, self._question_suggester.closest(name))

    def state(self, name: str) -> str:
        """Return the name of a state of this data set. Raises UnknownState."""
        if name in self._states:
            return name
        raise UnknownState(
            name, self._abbreviated.get(name.upper()) or self.catalogue().suggesters["state"].closest(name)
        )

    def best(self, question: str) -> str:
        """Return the best end for a question's text, "lowest" or "highest". Raises BestEndUnknown."""
        if best := self._best(question):
            return best
        raise BestEndUnknown(
            f"the data set does not say whether a low or a high mean is best for {shown(question)}"
        )

    def catalogue(self) -> Catalogue:
        """Return the title, questions and states of the data set, as JSON values; made once."""
        return self._catalogue

    @cached_property
    def _catalogue(self) -> Catalogue:
        overall = self.cube.overall()
        return Catalogue(
            {
                "title": self.description.title,
                "source": self.description.source,
                "licence": self.description.licence,
                "synthetic": self.description.synthetic,
                "rows": overall.counted + overall.suppressed,
                "suppressed": overall.suppressed,
                "questions": sorted(
                    map(self._described, self._questions),
                    key=lambda entry: (entry["id"] or "", entry["question"]),
                ),
                "states": [
                    {"name": name, "abbreviation": min(self.cube.location_ids.get(name, ()), default=None)}
                    for name in sorted(self._states)
                ],
            }
        )

    def _described(self, question: str) -> dict[str, str | None]:
        own_id = next(iter(self._ids.get(question, ())), None)
        return {"id": own_id, "question": question, "best": self._best(question)}

    def _best(self, question: str) -> str | None:
        ends = self.description.best
        return next((ends[name] for name in (question, *self._ids.get(question, ())) if name in ends), None)

    # What a question or state is looked up in, each made once: a search would cost each request all names.

    @cached_property
    def _ids(self) -> dict[str, list[str]]:
        """The ids of each question, in order."""
        return inverted({name: self.cube.question_ids[name] for name in sorted(self.cube.question_ids)})

    @cached_property
    def _abbreviated(self) -> dict[str, list[str]]:
        """The states of each abbreviation."""
        return inverted(self.cube.location_ids)

    @cached_property
    def _question_suggester(self) -> Suggester:
        return Suggester([*self._questions, *self.cube.question_ids])


def inverted(names: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return the keys of each value, in their order."""
    keys: dict[str, list[str]] = {}
    for key, values in names.items():
        for value in values:
            keys.setdefault(value, []).append(key)
    return keys

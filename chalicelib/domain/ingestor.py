"""DataIngestor: a data set, and the names that it knows."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.domain import snapshot
from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.sources import Source, rewindable
from chalicelib.errors import LONGEST_ECHO, BestEndUnknown, UnknownQuestion, UnknownState, shown

if TYPE_CHECKING:
    import pandas as pd

SUGGESTIONS = 3


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
        # For an id of several questions, suggest their texts.
        suggestions = sorted(texts) or closest(name, [*self._questions, *self.cube.question_ids])
        raise UnknownQuestion(name, suggestions)

    def state(self, name: str) -> str:
        """Return the name of a state of this data set. Raises UnknownState."""
        if name in self._states:
            return name
        abbreviated = [state for state, ids in self.cube.location_ids.items() if name.upper() in ids]
        raise UnknownState(name, abbreviated or closest(name, self._states))

    def best(self, question: str) -> str:
        """Return the best end for a question's text, "lowest" or "highest". Raises BestEndUnknown."""
        if best := self._best(question):
            return best
        raise BestEndUnknown(
            f"the data set does not say whether a low or a high mean is best for {shown(question)}"
        )

    def catalogue(self) -> dict[str, Any]:
        """Return the title, questions and states of the data set, as JSON values."""
        overall = self.cube.overall()
        return {
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
                {"name": name, "abbreviation": next(iter(sorted(self.cube.location_ids.get(name, ()))), None)}
                for name in sorted(self._states)
            ],
        }

    def _described(self, question: str) -> dict[str, str | None]:
        own_id = next(iter(self._ids(question)), None)
        return {"id": own_id, "question": question, "best": self._best(question)}

    def _best(self, question: str) -> str | None:
        ends = self.description.best
        return next((ends[name] for name in (question, *self._ids(question)) if name in ends), None)

    def _ids(self, question: str) -> list[str]:
        return sorted(name for name, texts in self.cube.question_ids.items() if question in texts)


def closest(text: str, names: Iterable[str]) -> list[str]:
    """Return the few names most like a text, best first; none only if there are no names."""
    lowered = {name.lower(): name for name in sorted(names)}
    # A cutoff of 0 ranks all: a poor guess still shows what names look like here. The text is cut,
    # since the ranking's time grows with its length and a client chooses it.
    matches = difflib.get_close_matches(text[:LONGEST_ECHO].lower(), lowered, SUGGESTIONS, cutoff=0)
    return [lowered[match] for match in matches]

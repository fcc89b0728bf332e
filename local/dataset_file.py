"""The file of a data set, and the description that it is read by."""

from pathlib import Path
from typing import NamedTuple

from chalicelib.domain.dataset_description import Description, find_description, stems
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.errors import MissingColumns
from local.settings import DEFAULT_DESCRIPTION


class DatasetFile(NamedTuple):
    """A file, its description, and the file of that: beside it, named by a setting, or the CDC's."""

    path: Path
    description: Description
    described_by: Path

    @classmethod
    def find(cls, path: Path, described_by: Path | None = None) -> "DatasetFile":
        """Find and load the description of a file. Raises InvalidDescription."""
        found = described_by or find_description(path, DEFAULT_DESCRIPTION)
        return cls(path, Description.load(found), found)

    @property
    def is_described(self) -> bool:
        """Whether the description is not the CDC's, which is used where there is no other."""
        return self.described_by != DEFAULT_DESCRIPTION

    def read(self) -> DataIngestor:
        """Read the file. Raises a DatasetError that says what is wrong."""
        try:
            return DataIngestor.from_file(self.path, self.description)
        except MissingColumns as error:
            if self.is_described:
                raise
            names = " or ".join(f"{stem}.json" for stem in stems(self.path.name)[:1])
            raise MissingColumns(
                f"{error}\nThere is no description {names} beside it, so {self.described_by} was used. "
                f"`statline describe {self.path}` writes a first one"
            ) from None

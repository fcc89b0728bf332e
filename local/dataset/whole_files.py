"""Whole files to sums, until the domain reads stretches of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from chalicelib.domain.cube import Cube
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.files import cube_of_file
from chalicelib.domain.ingest.reading import cube_of_csv
from chalicelib.errors import DatasetError


@dataclass(frozen=True)
class Stretch:
    part: int
    name: str
    kind: str
    begin: int = 0
    end: int | None = None
    line: int = 1
    record: int = 1


@dataclass
class Trouble:
    problem: DatasetError


class Sums:
    def __init__(self, cube: Cube | None = None) -> None:
        self.cube = cube

    @property
    def rows(self) -> int:
        whole = self.cube.overall() if self.cube else None
        return whole.counted + whole.suppressed if whole else 0

    def merge(self, other: "Sums") -> "Sums":
        if self.cube is None or other.cube is None:
            return Sums(self.cube or other.cube)
        return Sums(self.cube.merge(other.cube))

    def finished(self, description: Description, name: str) -> Cube:
        return cast(Cube, self.cube)


class Reader:
    def __init__(self, description: Description) -> None:
        self._description, self._sums = description, Sums()

    def read(self, stretch: Stretch, file: BinaryIO) -> Trouble | None:
        try:
            if stretch.kind == "csv":
                cube = cube_of_csv(file, self._description)
            else:
                cube = cube_of_file(Path(stretch.name), self._description)
        except DatasetError as error:
            return Trouble(error)
        self._sums = self._sums.merge(Sums(cube))
        return None

    def sums(self) -> Sums:
        return self._sums

"""A data set: a source, its parts, and the description that they are read by."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from chalicelib.domain.cube import MEASURED
from chalicelib.domain.dataset_description import Description, find_description, stems
from chalicelib.domain.shape.roles import names_of
from chalicelib.errors import MissingColumns, listed
from local.dataset.compiling import Compiled, compile_dataset, fingerprint_of
from local.dataset.parts import S3, Part, find_parts, folder_in, store_of
from local.dataset.progress import Progress
from local.dataset.workers import Workers
from local.settings import DEFAULT_DESCRIPTION

OF_FOLDERS = "is in the names of folders alone, which are not read: write it into the files as a column"


class Dataset(NamedTuple):
    """A source, its parts, its description, and where that is: beside it, in a setting, or the CDC's."""

    source: str
    parts: Sequence[Part]
    description: Description
    described_by: str

    @classmethod
    def find(cls, source: str, described_by: Path | None = None) -> "Dataset":
        """Find the parts of a source, and load its description. Raises a DatasetError."""
        parts = find_parts(source)
        if described_by is None and source.startswith(S3):
            from local.dataset.remote_description import load_beside

            if found := load_beside(source, parts):
                return cls(source, parts, *found)
        path = described_by or DEFAULT_DESCRIPTION
        if described_by is None and not source.startswith(S3):
            beside = source if is_one_file(source, parts) else folder_of(source) or "."
            path = find_description(Path(beside), path)
        return cls(source, parts, Description.load(path), str(path))

    @property
    def is_described(self) -> bool:
        """Whether the description is not the CDC's, which is used where there is no other."""
        return self.described_by != str(DEFAULT_DESCRIPTION)

    def fingerprint(self, workers: Workers, progress: Progress) -> str:
        """Return the fingerprint of the contents, which costs little time against `read`."""
        return fingerprint_of(self.parts, self.description, workers, progress)

    def read(self, workers: Workers, progress: Progress) -> Compiled:
        """Read all parts. Raises a DatasetError that says what is wrong with the first bad one."""
        try:
            compiled = compile_dataset(self.parts, self.description, self.source, workers, progress)
        except MissingColumns as error:
            raise MissingColumns("\n".join([str(error), *self._remedies()])) from None
        self._refuse_years_of_folders(compiled.data.cube.measured)
        return compiled

    def _remedies(self) -> Iterator[str]:
        """Yield what may help against missing columns."""
        if not self.is_described:
            name = usual_description(self.source, self.parts).rpartition("/")[-1]
            where = "beside it" if is_one_file(self.source, self.parts) else "in it"
            yield (
                f"There is no description {name} {where}, so {self.described_by} was used. "
                f"`statline describe {self.source}` writes a first one"
            )
        if columns := columns_of_folders(self.parts, self.description):
            yield f"{listed(columns)} {OF_FOLDERS}"

    def _refuse_years_of_folders(self, measured: Collection[str]) -> None:
        """Raise MissingColumns for a column that the files may lack, and do, and that their folders have."""
        optional = (
            column
            for role, column in self.description.columns.items()
            if role in MEASURED and role not in measured
        )
        if columns := columns_of_folders(self.parts, self.description) & {*optional}:
            raise MissingColumns(f"{self.source}: {listed(columns)} {OF_FOLDERS}")


def columns_of_folders(parts: Sequence[Part], description: Description) -> set[str]:
    """Return the columns of a description that are in the names of folders, such as `year=2019`."""
    folders = {name for part in parts for name in part.name.split("/")[:-1]}
    columns = {name for names in description.columns.values() for name in names_of(names)}
    return columns & {name.partition("=")[0] for name in folders if "=" in name}


def is_one_file(source: str, parts: Sequence[Part]) -> bool:
    return len(parts) == 1 and parts[0].name == source


def folder_of(source: str) -> str:
    """Return the folder that is a source, or the one before the first mark of a pattern."""
    store, path = store_of(source)
    return store.name(folder_in(store, path))


def usual_description(source: str, parts: Sequence[Part]) -> str:
    """Return where the description of a source is looked for first."""
    if is_one_file(source, parts):
        folder, mark, name = source.rpartition("/")
        return f"{folder}{mark}{stems(name)[0]}.json"
    folder = folder_of(source)
    return f"{folder}/description.json" if folder else "description.json"

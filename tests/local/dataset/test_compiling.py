"""Compiling: the same bytes whatever the bundles, the order and the cuts."""

import csv
import io
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingestor import DataIngestor
from chalicelib.domain.sources import HASHED_BYTES
from chalicelib.errors import DatasetError
from local.dataset.compiling import Compiled, compile_dataset, fingerprint_of
from local.dataset.cutting import plan_of
from local.dataset.parts import find_parts
from local.dataset.pieces import Piece, Sizes, bundled, whole
from local.dataset.progress import Progress
from local.dataset.reading import RunName
from local.dataset.workers import Workers
from tests.support.samples import DESCRIPTION, write_soil

COLUMNS = ("Frage", "Nr", "Land", "Wert", "Art", "Klasse", "Jahr", "Unten", "Oben", "Note")
YEARS = {"year": "Jahr", "low": "Unten", "high": "Oben"}
SURVEY = Description.from_dict(
    DESCRIPTION | {"columns": DESCRIPTION["columns"] | YEARS, "interval": {"level": 0.95, "scale": "linear"}}  # type: ignore[operator]
)
ONE_PIECE = Sizes(csv=1 << 40, parquet=1 << 40)


def rows_of(count: int) -> list[list[str]]:
    """Rows with commas, quotes and line breaks in fields, and with empty values."""
    chance = random.Random(16)
    rows = []
    for number in range(count):
        value = round(chance.uniform(0, 100), 1)
        question = chance.choice(("Humus", 'Sand, "fine"', "Ton\nund Lehm"))
        labels = [question, question[:1], chance.choice(("Bayern", "Hessen", "Île")), "", "Nutzung"]
        labels[3] = "" if number % 17 == 0 else str(value)
        limits = ["", ""] if number % 17 == 0 else [str(value - 1), str(value + 1)]
        note = chance.choice(("", 'a "note"', "of\r\ntwo lines", "x" * 300))
        rows.append([*labels, chance.choice(("Acker", "Wald")), str(2000 + number // 40), *limits, note])
    return rows


def as_csv(rows: Sequence[Sequence[str]], line_end: str = "\n") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=line_end).writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def as_parquet(rows: Sequence[Sequence[str]], path: Path, group: int) -> None:
    frame = pd.DataFrame(rows, columns=[*COLUMNS])
    for name in ("Wert", "Unten", "Oben"):
        frame[name] = pd.to_numeric(frame[name])
    frame["Jahr"] = frame["Jahr"].astype(int)
    frame.to_parquet(path, row_group_size=group)


def compiled(source: Path, workers: Workers, sizes: Sizes = ONE_PIECE) -> Compiled:
    return compile_dataset(find_parts(str(source)), SURVEY, str(source), workers, Progress(), sizes)


def cut(path: Path, sizes: Sizes) -> list[Piece]:
    """The pieces of a file, cut in this thread."""

    def mapped(function: Callable[..., object], tasks: Sequence[tuple[object, ...]]) -> list[object]:
        return [function(*task) for task in tasks]

    return plan_of(find_parts(str(path)), SURVEY, sizes, RunName("another process", ""), mapped).pieces


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    return rows_of(2_000)


@pytest.fixture(scope="module")
def snapshot(rows: list[list[str]]) -> bytes:
    return DataIngestor.from_csv(io.BytesIO(as_csv(rows)), SURVEY).snapshot()


def test_one_thread_and_several_give_the_same_bytes(
    rows: list[list[str]], snapshot: bytes, threads: Workers, tmp_path: Path
) -> None:
    for number in range(40):
        (tmp_path / f"{number:02}.csv").write_bytes(as_csv(rows[number::40]))
    with ThreadPoolExecutor(1) as executor:
        one = compiled(tmp_path, Workers(executor, 1))
    several = compiled(tmp_path, threads)
    assert one.data.snapshot() == several.data.snapshot() == snapshot
    assert one.fingerprint == several.fingerprint


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_and_sizes_of_parts_do_not_matter(
    rows: list[list[str]], snapshot: bytes, threads: Workers, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    shuffled = chance.sample(rows, len(rows))
    cuts = sorted(chance.sample(range(len(rows)), 11))
    for number, (begin, end) in enumerate(zip([0, *cuts], [*cuts, len(rows)], strict=True)):
        (tmp_path / f"{chance.random()}-{number}.csv").write_bytes(as_csv(shuffled[begin:end]))
    assert compiled(tmp_path, threads).data.snapshot() == snapshot


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("ranges", [7, 61])
def test_csv_cut_in_ranges_gives_the_same_bytes(
    rows: list[list[str]], snapshot: bytes, threads: Workers, tmp_path: Path, ranges: int, line_end: str
) -> None:
    content = as_csv(rows, line_end)
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    sizes = Sizes(csv=0, csv_piece=-(-len(content) // ranges))
    read = compiled(path, threads, sizes)
    assert read.data.snapshot() == (snapshot if line_end == "\n" else compiled(path, threads).data.snapshot())
    assert read.fingerprint == compiled(path, threads).fingerprint
    assert read.rows == len(rows)
    assert len(cut(path, sizes)) == ranges


@pytest.mark.parametrize("groups", [7, 61])
def test_parquet_cut_between_row_groups_gives_the_same_bytes(
    rows: list[list[str]], snapshot: bytes, threads: Workers, tmp_path: Path, groups: int
) -> None:
    path = tmp_path / "a.parquet"
    as_parquet(rows, path, -(-len(rows) // groups))
    read = compiled(path, threads, Sizes(parquet=0, parquet_piece=1))
    assert read.data.snapshot() == compiled(path, threads).data.snapshot() == snapshot
    assert read.fingerprint == compiled(path, threads).fingerprint
    assert read.rows == len(rows)
    assert len(cut(path, Sizes(parquet=0, parquet_piece=1))) == groups


@pytest.mark.parametrize("place", [0, 999, 1_999])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_error_of_a_cut_file_is_that_of_the_whole(
    rows: list[list[str]], threads: Workers, tmp_path: Path, kind: str, place: int
) -> None:
    bad = [[*row] for row in rows]
    for number in (place, len(rows) - 1):
        bad[number][COLUMNS.index("Jahr")] = "someday"
    path = tmp_path / f"a.{kind}"
    if kind == "csv":
        path.write_bytes(as_csv(bad))
    else:
        pd.DataFrame(bad, columns=[*COLUMNS]).to_parquet(path, row_group_size=100)
    told = []
    for sizes in (ONE_PIECE, Sizes(0, 10_000, 0, 1)):
        with pytest.raises(DatasetError) as caught:
            compiled(path, threads, sizes)
        told.append(str(caught.value))
    assert told[0] == told[1]
    where = "row group" if kind == "parquet" else "line"
    assert f"{path}, {where} " in told[0]
    assert '"someday" is not a year' in told[0]


def test_file_with_quotes_inside_unquoted_fields_is_read_whole(threads: Workers, tmp_path: Path) -> None:
    rows = rows_of(400)
    path = tmp_path / "a.csv"
    path.write_bytes(as_csv(rows).replace(b"Bayern", b'Bay"ern'))
    read = compiled(path, threads, Sizes(csv=0, csv_piece=1_000))
    assert read.data.snapshot() == compiled(path, threads).data.snapshot()
    assert 'Bay"ern' in read.data.states
    assert len(cut(path, Sizes(csv=0, csv_piece=1_000))) == 1


def test_damaged_file_is_told_as_if_it_were_not_to_be_cut(threads: Workers, tmp_path: Path) -> None:
    as_parquet(rows_of(400), tmp_path / "a.parquet", 100)
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content[:-20])
    with pytest.raises(DatasetError, match=r"a\.parquet is not a \.parquet file, or damaged"):
        compiled(tmp_path, threads, Sizes(0, 1_000, 0, 1))


def test_digests_of_a_file_do_not_depend_on_who_read_its_blocks(threads: Workers, tmp_path: Path) -> None:
    """Over several blocks, with an end inside of one."""
    line = b'Humus,S1,Bayern,1.5,Nutzung,Acker,2000,1,2,"%s"\n' % (b"x" * 100_000)
    content = as_csv([]) + line * (5 * HASHED_BYTES // len(line) // 2)
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    parts = find_parts(str(path))
    cut = compiled(path, threads, Sizes(csv=0, csv_piece=3_000_000))
    assert cut.fingerprint == compiled(path, threads).fingerprint
    assert cut.fingerprint == fingerprint_of(parts, SURVEY, threads, Progress())
    path.write_bytes(content[:-3] + b'y"\n')
    assert compiled(path, threads).fingerprint != cut.fingerprint


def test_bundles_are_some_for_each_worker_in_the_order_of_the_parts(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"{number:02}.csv").write_bytes(b"x" * (1 + number))
    pieces = [whole(place, part) for place, part in enumerate(find_parts(str(tmp_path)))]
    bundles = [*bundled(pieces, 5)]
    assert [piece for bundle in bundles for piece in bundle] == pieces
    assert 15 <= len(bundles) <= 20


def test_hashing_needs_no_pandas(tmp_path: Path) -> None:
    """A start with a snapshot must not wait for it."""
    write_soil(tmp_path)
    program = (
        "import sys, local.__main__; from local.emulator.emulator import Dataset, Progress, workers\n"
        f"with workers(None) as threads: Dataset.find({str(tmp_path)!r}).fingerprint(threads, Progress())\n"
        "print({'pandas', 'pyarrow', 'numpy', 'dask', 'botocore'} & {*sys.modules})"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"

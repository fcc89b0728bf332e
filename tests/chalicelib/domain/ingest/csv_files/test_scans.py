"""CSV files that are cut at the ends of records and read in stretches."""

import io
import pickle
from collections.abc import Callable, Sequence

from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import Description
from chalicelib.domain.ingest.csv_files.reading import BLOCK_BYTES
from chalicelib.domain.ingest.csv_files.scans import cutting_of, scan, stretches_of
from chalicelib.domain.ingest.outcome import Sums, Trouble, error_of
from chalicelib.domain.ingest.reader import Reader
from chalicelib.domain.ingest.reading import cube_of_csv
from chalicelib.domain.ingest.stretches import Stretch
from chalicelib.errors import DatasetError
from tests.support.csv_files import HEADER, SOIL, files

WHOLE = Stretch(0, "the stream", "csv")
ROW = b"Humus,S1,Bayern,1,Nutzung,Wald\n"


def stretches(content: bytes, blocks: int, description: Description = SOIL) -> list[Stretch]:
    """Cut a file by the scans of so many blocks, each of which is scanned as another task does it."""
    file = io.BytesIO(content)
    cutting = cutting_of(file, WHOLE.name, description)
    if cutting is None:
        return [WHOLE]
    size = max(1, -(-len(content) // blocks))
    ends = [(begin, min(begin + size, len(content))) for begin in range(0, len(content), size)]
    scans = [pickle.loads(pickle.dumps(scan(file, begin, end, cutting.sep))) for begin, end in ends]
    return stretches_of(WHOLE, cutting, scans)


def answer(read: Callable[[], bytes]) -> tuple[str, bytes | str]:
    try:
        return "read", read()
    except DatasetError as error:
        return type(error).__name__, str(error)


def read_whole(content: bytes, block_bytes: int = BLOCK_BYTES) -> bytes:
    return snapshot.dumps(cube_of_csv(io.BytesIO(content), SOIL, block_bytes), SOIL)


def read_cut(content: bytes, cut: Sequence[Stretch], block_bytes: int = BLOCK_BYTES) -> bytes:
    """Read stretches in their order, each by a task of its own."""
    sums, troubles = Sums(), list[Trouble]()
    for stretch in cut:
        reader = Reader(SOIL, block_bytes)
        trouble = pickle.loads(pickle.dumps(reader.read(stretch, io.BytesIO(content))))
        troubles += [trouble] if trouble else []
        sums = sums.merge(pickle.loads(pickle.dumps(reader.sums())))
    if error := error_of(troubles, sums, SOIL):
        raise error
    return snapshot.dumps(sums.finished(SOIL, WHOLE.name), SOIL)


@settings(deadline=None, max_examples=400)
@given(files(), st.integers(2, 9), st.one_of(st.integers(80, 600), st.just(BLOCK_BYTES)), st.randoms())
@example(HEADER + ROW * 9 + b"x\n" + ROW.replace(b",1,", b",NA,") * 3 + b"Humus,S1,\xff,1,a,b\n", 5, 80, None)
def test_file_cut_in_ranges_is_read_as_the_whole_is_and_refused_with_its_error(
    content: bytes, blocks: int, block_bytes: int, order: object
) -> None:
    cut = stretches(content, blocks)
    whole = answer(lambda: read_whole(content, block_bytes))
    event(f"{whole[0]}, {'cut' if len(cut) > 1 else 'whole'}")
    if hasattr(order, "shuffle"):
        order.shuffle(cut)

    assert answer(lambda: read_cut(content, cut, block_bytes)) == whole

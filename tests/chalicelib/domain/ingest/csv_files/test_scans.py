"""CSV files that are cut at the ends of records and read in stretches."""

import io
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import event, given, settings
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
from tests.support.csv_files import HEADER, MARK, SOIL, files, wrong_files

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


def answer(read: Callable[..., bytes], *inputs: object) -> tuple[str, bytes | str]:
    try:
        return "read", read(*inputs)
    except DatasetError as error:
        return type(error).__name__, str(error)


def read_whole(content: bytes, block_bytes: int = BLOCK_BYTES, description: Description = SOIL) -> bytes:
    return snapshot.dumps(cube_of_csv(io.BytesIO(content), description, block_bytes), description)


def read_cut(
    content: bytes,
    cut: Sequence[Stretch],
    block_bytes: int = BLOCK_BYTES,
    description: Description = SOIL,
) -> bytes:
    """Read stretches in their order, each by a task of its own."""
    sums, troubles = Sums(), list[Trouble]()
    for stretch in cut:
        reader = Reader(description, block_bytes)
        trouble = pickle.loads(pickle.dumps(reader.read(stretch, io.BytesIO(content))))
        troubles += [trouble] if trouble else []
        sums = sums.merge(pickle.loads(pickle.dumps(reader.sums())))
    if error := error_of(troubles, sums, description):
        raise error
    return snapshot.dumps(sums.finished(description, WHOLE.name), description)


CONTENTS = st.one_of(files(), wrong_files(), wrong_files())


@settings(max_examples=60)
@given(CONTENTS, st.integers(2, 9), st.one_of(st.integers(80, 600), st.just(BLOCK_BYTES)), st.randoms())
def test_file_cut_in_ranges_is_read_as_the_whole_is_and_refused_with_its_error(
    content: bytes, blocks: int, block_bytes: int, order: Random
) -> None:
    cut = stretches(content, blocks)
    whole = answer(read_whole, content, block_bytes)
    event(f"{whole[0]}, {'cut' if len(cut) > 1 else 'whole'}")
    order.shuffle(cut)

    assert answer(read_cut, content, cut, block_bytes) == whole


@settings(max_examples=25)
@given(CONTENTS, st.data())
def test_scan_of_a_file_is_that_of_its_blocks_and_of_pieces_of_any_size(
    content: bytes, data: st.DataObject
) -> None:
    file, size = io.BytesIO(content), len(content)
    at, piece = data.draw(st.integers(0, size)), data.draw(st.integers(1, 50))
    whole = scan(file, 0, size, ",")

    assert scan(file, 0, at, ",", piece).then(scan(file, at, size, ",", piece)) == whole


FAULTY = b"Humus,S1,Bayern,NA,a,b"
EITHER, DECIMAL = (FAULTY.replace(b"NA", text) + b"\n" for text in (b'"1,234"', b'"1,5"'))


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROW * 9 + FAULTY,
        (HEADER + ROW * 9 + FAULTY).replace(b"\n", b"\r\n"),
        (HEADER + ROW * 9 + FAULTY).replace(b"\n", b"\r"),
        (HEADER + ROW * 9 + FAULTY).replace(b"\n", b"\n\n\r\n"),
        b"\n" * 99 + HEADER + ROW * 9 + FAULTY,
        MARK + HEADER + ROW * 9 + FAULTY,
        HEADER + (MARK + ROW) * 9,
        b'"Frage"' + HEADER[5:] + ROW.replace(b"Bayern", b'"Ober\r\n\n""Bayern"""') * 9 + FAULTY,
        MARK + b'"Frage"' + HEADER[5:] + ROW * 9 + FAULTY + b"\n",
        HEADER + ROW * 3 + b"x\n" + ROW * 3 + b"y,y,y,y,y,y,y\n" + FAULTY,
        HEADER + ROW * 3 + FAULTY.replace(b"a,b", b"a,b,,,") + b"\n" + ROW * 3 + FAULTY,
        HEADER
        + ROW * 3
        + FAULTY.replace(b"NA", b'"1,234"')
        + b"\n"
        + ROW * 3
        + FAULTY.replace(b"NA", b'"1,5"'),
        HEADER + b"\n".join(FAULTY.replace(b"NA", text) for text in b"z y x w v u t s r q p o n m".split()),
        HEADER + ROW * 3 + FAULTY + b"\n" + ROW * 70 + ROW.replace(b"Wald", b"W\0ld") + ROW * 3,
        "Frage;Nr;Land;Wert;Art;Klasse\nH;S;Th\xfcr;1;a;b\nH;S;\xc4;NA;a;b\n".encode(),
    ],
    ids=[
        *(
            "lf",
            "crlf",
            "cr",
            "blank lines",
            "blank lines first",
            "mark",
            "marks inside",
            "quotes",
            "mark and quotes",
            "widths",
        ),
        *("padded", "either", "many signs", "binary", "semicolons"),
    ],
)
def test_file_cut_anywhere_has_the_answer_of_the_whole(content: bytes) -> None:
    whole = answer(read_whole, content)
    cuts = {tuple(stretches(content, blocks)) for blocks in (2, 5, 17, len(content))}

    assert {answer(read_cut, content, cut) for cut in cuts} == {whole}
    assert max(map(len, cuts)) > 2


SHAPED = Description.from_dict(
    {
        "title": "t",
        "columns": {"location": "State", "year": "From", "year_end": "To"},
        "melt": {"value_vars": ["A", "B"], "var_name": "question"},
        "extract": {"value": "^(?P<value>[0-9.,]+) \\((?P<sample_size>[0-9]+)\\)$"},
        "drop": {"State": ["US"]},
    }
)
SHAPED_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Ohio", "Iowa", "US"]),
        st.sampled_from(["2019", "2020", "20 20"]),
        st.sampled_from(["2019", "2020", ""]),
        *[st.sampled_from(["1 (2)", "2.5 (10)", "NA", "", '"1,5 (1)"', "3 ()"])] * 2,
    ),
    min_size=3,
    max_size=20,
)


@settings(max_examples=25)
@given(SHAPED_ROWS, st.integers(2, 9))
def test_faults_of_shaped_rows_are_those_of_the_whole(rows: list[tuple[str, ...]], blocks: int) -> None:
    content = "\n".join(map(",".join, [("State", "From", "To", "A", "B"), *rows])).encode()
    cut = stretches(content, blocks, SHAPED)
    event(f"{len(cut)} stretches")

    whole = answer(read_whole, content, BLOCK_BYTES, SHAPED)
    assert answer(read_cut, content, cut, BLOCK_BYTES, SHAPED) == whole


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (HEADER + ROW.replace(b"Wald", b'5" W') * 9, {}),
        (HEADER + ROW * 9 + ROW.replace(b"Wald", b'5" W"'), {}),
        (HEADER + ROW.replace(b"Wald", b' "Wald"') * 9, {}),
        (HEADER + ROW.replace(b"Wald", b'"W" ald') * 9, {}),
        (HEADER + ROW * 5 + ROW.replace(b"Wald", b'"Wald') + ROW * 5, {}),
        ((HEADER + ROW * 9).decode().encode("utf-16"), {}),
        (HEADER + ROW.replace(b"Wald", "\u753b".encode("gbk")) * 9, {"encoding": "gbk"}),
        (b"sep=,\n" + HEADER + ROW * 9, {}),
        (b"a note\n" + HEADER + ROW * 9, {"skiprows": 1}),
        (HEADER + ROW * 9, {"skipfooter": 1}),
        (HEADER + ROW * 9, {"comment": "#"}),
        (b"Frage,Land\n" + ROW * 9, {}),
        (HEADER, {}),
        (b"", {}),
    ],
    ids=[
        *(
            "inches",
            "inches at the end",
            "blank before a quote",
            "text after a quote",
            "open quote",
            "utf-16",
            "gbk",
            "sep line",
        ),
        *("preamble", "footer", "comments", "missing columns", "no rows", "empty"),
    ],
)
def test_file_that_cannot_be_cut_is_read_whole(content: bytes, read: dict[str, object]) -> None:
    assert stretches(content, 5, replace(SOIL, read=read)) == [WHOLE]


def test_western_file_is_cut() -> None:
    description = replace(SOIL, read={"encoding": "cp1252"})
    cut = stretches(HEADER + ROW.replace(b"Bayern", b"Th\xfcringen") * 9, 5, description)
    assert len(cut) > 1

"""The fast engine beside the careful one: the same cube, or none."""

import gzip
import io
from collections.abc import Callable

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from chalicelib.domain import snapshot
from chalicelib.domain.dataset_description import REQUIRED_ROLES, Description
from chalicelib.domain.engines import arrow, careful
from chalicelib.domain.engines.blocks import Declined
from chalicelib.domain.engines.rows import LONGEST_FIELD
from chalicelib.errors import DatasetError, NotCsv
from tests.support.samples import DESCRIPTION

SOIL = Description.from_dict(DESCRIPTION | {"aliases": {"value": {"none": ""}, "category": {"a": "b"}}})
HEADER = b"Frage,Nr,Land,Wert,Art,Klasse\n"
MARK = b"\xef\xbb\xbf"

# What a file can hold that one may read in more than one way.
ODD = [b'"', b'""', b'"a" "b"', b",", b"\n", b"\r", b"\r\n", b" ", b"\0", b"\xff", MARK, b"#", b"\\", b"x"]
LABELS = [
    b"",
    b"a",
    b" a ",
    b'"a"',
    b'"a,b"',
    b'"a ""b"""',
    b'"a\nb"',
    b'"a\r\nb"',
    b"\xc3\xa4",
    b'a"b"',
    b'""',
]
VALUES = [b"", b"1", b"2.5", b"-0.125", b" 3 ", b'"4"', b"5e2", b"none", b"1e18", b"-1e18", b"+.5"]
QUESTIONS = [b"Humus", b"Sand", b" Sand", b'"Sand"', b'"Sand\n"']
HEADERS = [MARK + HEADER, b"\n" + HEADER, HEADER[:-1] + b"\r\n", HEADER[:-1] + b"\r", b'"Frage"' + HEADER[5:]]
ENDS = [b"\n", b" \n", b"Sand,S2,Hessen,1,a,b", b'Sand,S2,Hessen,1,a,"b', b'Sand,S2,Hessen,1,a,"b\n']


def mostly(usual: st.SearchStrategy[bytes], others: list[bytes]) -> st.SearchStrategy[bytes]:
    return st.integers(0, 9).flatmap(lambda die: usual if die else st.sampled_from(others))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A data set with rows of every kind, and now and then something that does not belong there."""
    label, end = st.sampled_from(LABELS), draw(st.sampled_from([b"\n", b"\r\n"]))
    question, value = st.sampled_from(QUESTIONS), st.sampled_from(VALUES)
    row = st.tuples(question, label, label, value, label, label).map(lambda them: b",".join(them) + end)
    content = draw(mostly(st.just(HEADER), HEADERS)) + b"".join(draw(st.lists(row, max_size=20)))
    content += draw(mostly(st.just(b""), ENDS))
    for odd in draw(st.one_of(st.just([]), st.lists(st.sampled_from(ODD), max_size=2))):
        at = draw(st.integers(0, len(content)))
        content = content[:at] + odd + content[at:]
    return content


def fast(content: bytes, **options: int) -> object:
    return arrow.read(io.BytesIO(content), SOIL, **options)


@settings(deadline=None, max_examples=600)
@given(files(), st.integers(60, 600), st.integers(1, 3))
def test_a_file_gives_what_the_careful_engine_gives_or_nothing(
    content: bytes, block_bytes: int, threads: int
) -> None:
    """Wherever blocks end, and whatever the file holds; what is refused by one is not read by the other."""
    try:
        cube, number = fast(content, block_bytes=block_bytes, threads=threads)  # type: ignore[misc]
    except (Declined, DatasetError):
        event("declined")
        return
    event("read")
    expected, rows = careful.read(io.BytesIO(content), SOIL)
    assert number == rows
    assert snapshot.dumps(cube, SOIL) == snapshot.dumps(expected, SOIL)


ROW = b"Humus,S1,Bayern,1,Nutzung,Wald\n"


@pytest.mark.parametrize(
    "rows",
    [
        b'Humus,S1,"Bayern, ""Ost""\n\n",1.5,Nutzung,Wald\n' * 50,
        ROW.replace(b"\n", b"\r\n") * 50,
        ROW * 20 + b"\n\n" + ROW + b"\r\n",
        b'Humus,S1,"a" "b",1,a"b,"c" d\n',
        "Möhre,S1,Thüringen,1,Ä,Ö\n".encode() * 50,
        ROW + b"Humus,S1,Bayern,1e18,a,b\n" * 30,
        ROW + b"Humus,S1,Bayern,%b,a,b\n" % (b"9" * 30) * 9,
        ROW + b"Humus,S1,Bayern,1e-40,a,b\n",
        ROW + b"Humus,S1,Bayern,0.25,a,b\n" * 9,
        ROW[:-1],
    ],
    ids=[
        "quotes",
        "crlf",
        "blank lines",
        "stray quotes",
        "umlauts",
        "large sums",
        "large values",
        "small values",
        "a finer scale",
        "no end",
    ],
)
@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lambda rows: gzip.compress(HEADER) + gzip.compress(rows[30:])]
)
def test_what_is_plain_is_read_fast(rows: bytes, pack: Callable[[bytes], bytes]) -> None:
    """Not declined, in blocks of a few rows."""
    content = pack(HEADER + rows)
    assert fast(content, block_bytes=160, threads=1) == careful.read(io.BytesIO(content), SOIL)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (HEADER + MARK + ROW, "byte order mark"),
        (HEADER + ROW.replace(b"S1", b"S\0"), "binary"),
        (HEADER + ROW.replace(b"Wald", b"W\xe4ld"), "UTF8"),
        (HEADER[:-1] + b",More\n" + ROW[:-1] + b",\xe4\n", "UTF8"),
        (HEADER.replace(b"Art", b"\xe4"), "decode"),
        (HEADER + ROW + b"Humus,S1,Bayern\n", "Expected 6 columns, got 3"),
        (HEADER + ROW + ROW[:-1] + b",more\n", "Expected 6 columns, got 7"),
        (HEADER + ROW + b"  \n", "Expected 6 columns, got 1"),
        (HEADER + ROW + b'Humus,S1,Bayern,1,Nutzung,"Wald\n', "open"),
        (HEADER + ROW + b'Humus,S1,Bayern,1,Nutzung,"Wald\n' + ROW * 9, "open|columns"),
        (HEADER + ROW + b",S1,Bayern,x,a,b\n", "question"),
        (HEADER + ROW + b"Humus,S1,Bayern,x,a,b\n", "is not a number"),
        (HEADER + ROW.replace(b"Bayern", b'"' + b"B\n" * 300 + b'"'), "end of a record"),
        (HEADER + b"x" * 900, "end of a record"),
        (b"\n" + HEADER + ROW, "header"),
        (HEADER.replace(b"\n", b"\r") + ROW, "header"),
        (HEADER[:-1] + b',"a\nb"\n' + ROW, "header"),
        (b"", "header"),
    ],
)
def test_what_may_be_read_otherwise_is_declined(content: bytes, why: str) -> None:
    """With the reason, for the log."""
    with pytest.raises(Declined, match=why):
        fast(content, block_bytes=400)


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    """Many spreadsheets write one."""
    assert fast(MARK + HEADER + ROW) == careful.read(io.BytesIO(HEADER + ROW), SOIL)


@pytest.mark.parametrize(
    "content", [gzip.compress(HEADER + ROW)[:-8] + bytes(8), gzip.compress(HEADER + ROW)[:-9]]
)
def test_damaged_compression_is_noticed(content: bytes) -> None:
    """A wrong checksum, a missing end."""
    with pytest.raises(NotCsv, match="compression"):
        fast(content)


def test_one_column_is_left_to_the_careful() -> None:
    """For whom a line of blanks is no row."""
    description = Description.from_dict({"title": "t", "columns": dict.fromkeys(REQUIRED_ROLES, "1")})
    with pytest.raises(Declined, match="one column"):
        arrow.read(io.BytesIO(b"1\n1\n \n"), description)


def test_no_block_holds_a_field_that_is_too_long_for_the_careful() -> None:
    """So the limit need not be looked for."""
    assert arrow.BLOCK_BYTES <= LONGEST_FIELD


def test_more_combinations_than_can_be_numbered_are_declined() -> None:
    """20,000 texts in each of five columns could be combined in 3.2e21 ways."""
    rows = b"".join(b"%d,%d,%d,1,%d,%d\n" % ((number,) * 5) for number in range(20_000))
    with pytest.raises(Declined, match="combinations"):
        fast(HEADER + rows)

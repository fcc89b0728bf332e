"""The fast engine beside the careful one: the same cube, or none."""

import io

from hypothesis import event, given, settings
from hypothesis import strategies as st

from chalicelib import snapshot
from chalicelib.dataset import Description
from chalicelib.engines import arrow, careful
from chalicelib.engines.blocks import Declined
from chalicelib.errors import DatasetError
from tests.samples import DESCRIPTION

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

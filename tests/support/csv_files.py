"""Any CSV file: rows of every kind, and now and then bytes that parsers read in more than one way."""

from hypothesis import strategies as st

from chalicelib.domain.dataset_description import Description
from tests.support.samples import DESCRIPTION

SOIL = Description.from_dict(DESCRIPTION | {"aliases": {"value": {"none": ""}, "category": {"a": "b"}}})
HEADER = b"Frage,Nr,Land,Wert,Art,Klasse\n"
MARK = b"\xef\xbb\xbf"

# Bytes that parsers read in more than one way.
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

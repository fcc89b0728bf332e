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


WRONG = [b"NA", b"..", b'"12,5"', b'"1,234"', b'"1,234.5"', b"x", b"5%", b"7 b", b"inf", b"\xff", b'"a\nNA"']
CLEAN_LABELS = [label for label in LABELS if label != b'a"b"']


@st.composite
def wrong_files(draw: st.DrawFn) -> bytes:
    """A data set with many rows, and everything that may be wrong with one, all quotes being clear."""
    end = draw(st.sampled_from([b"\n", b"\r\n", b"\r", b"\n\n"]))
    label, value = st.sampled_from(CLEAN_LABELS), st.sampled_from(VALUES)
    question = st.sampled_from(QUESTIONS)
    good = st.tuples(question, label, label, value, label, label)
    any_value, odd = st.sampled_from(WRONG), mostly(label, [b"\xe9"])
    bad = st.tuples(st.sampled_from([*QUESTIONS, b""]), label, label, any_value, label, odd)
    narrow, wide = good.map(lambda fields: fields[:3]), good.map(lambda fields: (*fields, b"x"))
    padded = good.map(lambda fields: (*fields, b"", b""))
    long = good.map(lambda fields: (*fields[:5], b"l" * 300))
    usual = st.one_of(good, good, good, padded)
    wrong = draw(st.sampled_from([usual, bad, st.one_of(bad, usual), st.one_of(narrow, wide, bad, long)]))
    kinds = st.lists(st.booleans() if draw(st.booleans()) else st.just(True), min_size=4, max_size=40)
    rows = [draw(usual if is_usual else wrong) for is_usual in draw(kinds)]
    lines = [HEADER[:-1], *(b",".join(row) for row in rows)]
    return draw(st.sampled_from([b"", MARK])) + end.join(lines) + draw(st.sampled_from([b"", end]))

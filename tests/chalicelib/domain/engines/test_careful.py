"""The engine that decides what a file means; what it refuses is in test_csv_reader.py."""

import io
import tracemalloc

from chalicelib.domain.dataset_description import Description
from chalicelib.domain.engines import careful
from tests.support.samples import DESCRIPTION

SOIL = Description.from_dict(DESCRIPTION)
HEADER = b"Frage,Nr,Land,Wert,Art,Klasse\n"


def peak(rows: int) -> int:
    """Bytes that reading takes at most; every row has a value of its own."""
    content = io.BytesIO(HEADER + b"".join(b"Humus,S1,Hessen,%d,a,b\n" % row for row in range(rows)))
    tracemalloc.start()
    try:
        careful.read(content, SOIL, part_rows=500)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_rows() -> None:
    """Ten times as many take as much."""
    assert peak(20_000) < 1.5 * peak(2_000)


def test_what_has_no_name_has_no_ids() -> None:
    """Nor has what has no id."""
    columns = DESCRIPTION["columns"] | {"location_id": "Nr"}  # type: ignore[operator]
    rows = b"Humus,S1,,1,a,b\nHumus,,Hessen,1,a,b\n,S3,Bayern,1,a,b\n"
    cube, _ = careful.read(
        io.BytesIO(HEADER + rows), Description.from_dict(DESCRIPTION | {"columns": columns})
    )
    assert cube.question_ids == {"S1": frozenset({"Humus"})}
    assert cube.location_ids == {"Bayern": frozenset({"S3"})}

"""Where a file is cut: between records, whatever the size of a block."""

import io

import pytest

from chalicelib.domain.engines.blocks import Blocks, Declined

HEADER = b"a,b\n"
RECORDS = [b'"1\n\n2",3\n', b'4,"5\n"\n', b"6,7\n", b'"""8""\n",""\n', b'9,"\n10\n"\n']


def blocks(content: bytes, size: int) -> list[bytes]:
    file, buffer, found = Blocks(io.BytesIO(content), size), bytearray(size + 1), []
    while length := file.fill(buffer):
        found.append(bytes(buffer[:length]))
    return found


@pytest.mark.parametrize("size", range(12, 80))
def test_a_block_ends_where_a_record_does(size: int) -> None:
    """Though records hold line ends; and together they are the file."""
    found = blocks(HEADER + b"".join(RECORDS * 5), size)
    assert b"".join(found) == b"".join(RECORDS * 5)
    left = RECORDS * 5
    for block in found:
        while block:
            assert block.startswith(left[0])
            block = block.removeprefix(left.pop(0))
    assert len(found) > 1


def test_a_record_longer_than_a_block_is_declined() -> None:
    """Nobody knows where it ends."""
    with pytest.raises(Declined, match="20 bytes"):
        blocks(HEADER + b'1,"' + b"2\n" * 20 + b'"\n', 20)


def test_the_last_record_gets_its_end() -> None:
    """Nothing else is added, and nothing to nothing."""
    assert blocks(HEADER + b"1,2", 20) == [b"1,2\n"]
    assert blocks(HEADER, 20) == []


def test_after_a_stop_there_are_no_more() -> None:
    """For threads that go on while another has failed."""
    file = Blocks(io.BytesIO(HEADER + b"1,2\n"), 20)
    file.stop()
    assert file.fill(bytearray(21)) == 0

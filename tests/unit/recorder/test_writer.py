import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recorder.writer import OutputFile, Writer, Written


class Told:
    """Collects what the writer tells."""

    def __init__(self) -> None:
        self.written: list[Written] = []

    def __call__(self, batch: list[Written]) -> None:
        self.written += batch


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def writer(told: Told) -> Iterator[Writer]:
    made = Writer(told)
    made.start()
    yield made
    made.stop()


def test_the_header_goes_with_the_first_cluster(tmp_path: Path, writer: Writer, told: Told) -> None:
    file = OutputFile(tmp_path / "deep" / "a", b"HEAD")
    assert writer.submit(file, b"one", 1, programme=False)
    assert writer.submit(file, b"two", 2, programme=False)
    writer.call(file.close).result(5)
    assert file.path.read_bytes() == b"HEADonetwo"
    assert told.written == [Written(1, 3, 0), Written(2, 3, 0)]
    assert writer.queued_bytes == 0


def test_a_file_is_continued_at_its_known_end(tmp_path: Path, writer: Writer) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"HEADone")
    file = OutputFile(path, b"", 7)
    writer.submit(file, b"two", 0, programme=False)
    writer.call(file.close).result(5)
    assert path.read_bytes() == b"HEADonetwo"


def failing(after_bytes: int) -> Callable[[int, bytes, int], int]:
    """A disk that takes `after_bytes` in all, and half of what overflows it."""
    left = [after_bytes]

    def pwrite(fd: int, data: bytes, offset: int) -> int:
        if left[0] <= 0:
            raise OSError(errno.ENOSPC, "no space")
        taken = min(left[0], len(data))
        left[0] -= taken
        return os.pwrite(fd, data[:taken], offset)

    return pwrite


def test_what_does_not_fit_leaves_no_trace_and_is_told(tmp_path: Path, told: Told) -> None:
    writer = Writer(told, pwrite=failing(12))
    writer.start()
    small, other = OutputFile(tmp_path / "a", b"HEAD"), OutputFile(tmp_path / "b", b"HEAD")
    writer.submit(small, b"12345", 1, programme=True)
    writer.submit(small, b"67890", 2, programme=True)
    writer.submit(other, b"x", 3, programme=True)
    writer.stop()
    assert small.path.read_bytes() == b"HEAD12345"
    assert other.path.read_bytes() == b""
    assert told.written == [
        Written(1, 5, 0),
        Written(2, 5, errno.ENOSPC),
        Written(3, 1, errno.ENOSPC),
    ]
    assert writer.write_errors == 2
    assert writer.written_bytes == 5


def test_a_file_that_failed_at_its_first_write_gets_its_header_later(tmp_path: Path) -> None:
    file = OutputFile(tmp_path / "a", b"HEAD")
    with pytest.raises(OSError, match="no space"):
        file.append(b"one", failing(2))
    file.append(b"two", os.pwrite)
    file.close()
    assert file.path.read_bytes() == b"HEADtwo"


def test_a_directory_that_cannot_be_made_is_told(
    tmp_path: Path, writer: Writer, told: Told
) -> None:
    (tmp_path / "taken").write_bytes(b"")
    file = OutputFile(tmp_path / "taken" / "a", b"HEAD")
    writer.submit(file, b"one", 1, programme=False)
    writer.call(lambda: None).result(5)
    assert told.written[0].error in (errno.ENOTDIR, errno.EEXIST)


def test_the_queue_is_bounded_and_the_programme_goes_further(tmp_path: Path, told: Told) -> None:
    writer = Writer(told, max_queue_bytes=100)
    file = OutputFile(tmp_path / "a", b"")
    assert writer.submit(file, bytes(70), 1, programme=False)
    assert not writer.submit(file, bytes(10), 2, programme=False)
    assert writer.submit(file, bytes(30), 3, programme=True)
    assert not writer.submit(file, bytes(1), 4, programme=True)
    writer.start()
    writer.stop()
    assert [one.token for one in told.written] == [1, 3]


def test_calls_wait_for_what_was_queued_before_them(tmp_path: Path, told: Told) -> None:
    writer = Writer(told)
    gate = threading.Event()
    writer.start()
    writer.call(lambda: gate.wait(5))
    file = OutputFile(tmp_path / "a", b"H")
    writer.submit(file, b"1", 1, programme=True)
    size = writer.call(lambda: file.path.stat().st_size)
    writer.submit(file, b"2", 2, programme=True)
    gate.set()
    assert size.result(5) == 2
    writer.stop()
    assert file.path.read_bytes() == b"H12"


def test_a_call_that_fails_tells_its_caller_and_the_writer_lives(writer: Writer) -> None:
    def fail() -> None:
        raise OSError(errno.EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        writer.call(fail).result(5)
    assert writer.call(lambda: 7).result(5) == 7

"""One thread of another process, stopped while all its other threads go on (ptrace, Linux)."""

import ctypes
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_ANY_THREAD = 0x40000000
"""__WALL (waitpid(2)): also threads."""
_ATTEMPTS = 200


def _ptrace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _computes(thread: int) -> bool:
    """Whether it runs or is ready to: it may hold the interpreter's lock or the allocator's."""
    stat = Path(f"/proc/{thread}/stat").read_text(encoding="utf-8", errors="replace")
    return stat.rpartition(")")[2].split()[0] == "R"


def _stop(thread: int) -> None:
    """Stop it in a system call of its own, as all that wait are."""
    for _ in range(_ATTEMPTS):
        while _computes(thread):
            time.sleep(0.001)
        _ptrace(_SEIZE, thread)
        _ptrace(_INTERRUPT, thread)
        os.waitpid(thread, _ANY_THREAD)
        call = Path(f"/proc/{thread}/syscall").read_text(encoding="ascii").split()[0]
        if call != "-1":  # proc(5): not in a system call
            return
        _ptrace(_DETACH, thread)
    pytest.fail(f"thread {thread} never waits")


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """It waits, and goes on at the end only; to be left by the thread that entered.

    Skips the test where the system lets nobody trace.
    """
    try:
        _stop(thread)
    except PermissionError:
        pytest.skip("this system does not let a process stop a thread of another (ptrace)")
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # its process may have ended meanwhile
            _ptrace(_DETACH, thread)

"""One thread of another process, stopped while all its other threads go on (ptrace, Linux)."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_ANY_THREAD = 0x40000000
"""__WALL (waitpid(2)): also threads."""


def _ptrace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


@contextmanager
def frozen(thread: int) -> Iterator[None]:
    """Wherever it stands, it goes on at the end only; to be left by the thread that entered.

    Skips the test where the system lets nobody trace.
    """
    try:
        _ptrace(_SEIZE, thread)
    except PermissionError:
        pytest.skip("this system does not let a process stop a thread of another (ptrace)")
    try:
        _ptrace(_INTERRUPT, thread)
        os.waitpid(thread, _ANY_THREAD)
        yield
    finally:
        with suppress(ProcessLookupError):  # its process may have ended meanwhile
            _ptrace(_DETACH, thread)

"""The thread that writes, so that a slow disk never holds up the loop.

Jobs are done in the order given. Everything that waits is written first, then
synced together, then told to the loop in one call. The queue is bounded by bytes:
`submit` refuses an ISO chunk at three quarters of the bound and a programme chunk at
the bound; the caller counts the drop under ``writer_full``.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = structlog.get_logger(__name__)
_T = TypeVar("_T")
MAX_QUEUE_BYTES: Final = 64 * 1024 * 1024
ISO_SHARE: Final = 0.75
SYNC_THREADS: Final = 4


class OutputFile:
    """A file being appended to; touched by the writer's thread only.

    ``size_bytes`` is what is known to be whole; the header goes in front of the first
    Cluster in the same write, so no file ever holds a header alone.
    """

    def __init__(self, path: Path, header: bytes, size_bytes: int = 0) -> None:
        self.path = path
        self.size_bytes = size_bytes
        self._header = header
        self._fd = -1

    def append(self, cluster: bytes, pwrite: Callable[[int, bytes, int], int]) -> None:
        """Write at the end; on failure nothing of it stays. Raises OSError."""
        if self._fd < 0:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        whole = cluster if self.size_bytes else self._header + cluster
        try:
            done = 0
            while done < len(whole):
                done += pwrite(self._fd, whole[done:] if done else whole, self.size_bytes + done)
        except OSError:
            os.ftruncate(self._fd, self.size_bytes)
            raise
        self.size_bytes += len(whole)

    def sync(self) -> None:
        """Wait until the bytes are on the medium. Raises OSError."""
        if self._fd >= 0:
            os.fdatasync(self._fd)

    def close(self) -> None:
        """Close; a later append opens again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Written(NamedTuple):
    """What became of a submitted chunk: ``error`` is 0 or an errno."""

    token: object
    size_bytes: int
    error: int


class _Append(NamedTuple):
    file: OutputFile
    cluster: bytes
    token: object


class _Call(NamedTuple):
    run: Callable[[], None]


class Writer:
    """A thread with a bounded queue; ``told`` is called on it with what was written."""

    def __init__(
        self,
        told: Callable[[list[Written]], None],
        *,
        pwrite: Callable[[int, bytes, int], int] = os.pwrite,
        max_queue_bytes: int = MAX_QUEUE_BYTES,
    ) -> None:
        self._told = told
        self._pwrite = pwrite
        self._max_queue_bytes = max_queue_bytes
        self._jobs: deque[_Append | _Call] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="recorder-writer", daemon=True)
        self._pool = ThreadPoolExecutor(SYNC_THREADS, thread_name_prefix="recorder-sync")
        self.queued_bytes = 0
        self.written_bytes = 0
        self.write_errors = 0
        self.batch_s = 0.0
        """How long the last batch took to be written and synced."""

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, file: OutputFile, cluster: bytes, token: object, *, programme: bool) -> bool:
        """Queue a chunk. False: the queue is full and the chunk is not taken."""
        bound = self._max_queue_bytes * (1.0 if programme else ISO_SHARE)
        with self._wake:
            if self.queued_bytes + len(cluster) > bound:
                return False
            self.queued_bytes += len(cluster)
            self._jobs.append(_Append(file, cluster, token))
            self._wake.notify()
        return True

    def call(self, work: Callable[[], _T]) -> Future[_T]:
        """Run ``work`` behind all that is queued now."""
        future: Future[_T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001  handed to whoever waits
                future.set_exception(error)

        with self._wake:
            self._jobs.append(_Call(run))
            self._wake.notify()
        return future

    def stop(self) -> None:
        """Do what is queued, then end. Blocks until it has ended."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join()
        self._pool.shutdown()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._jobs and not self._stopping:
                    self._wake.wait()
                jobs = list(self._jobs)
                self._jobs.clear()
            if not jobs:
                return
            appends: list[_Append] = []
            for job in jobs:
                if isinstance(job, _Append):
                    appends.append(job)
                    continue
                self._write(appends)
                appends = []
                job.run()
            self._write(appends)

    def _write(self, appends: list[_Append]) -> None:
        if not appends:
            return
        began = time.monotonic()
        errors: list[int] = []
        touched: dict[int, OutputFile] = {}
        for job in appends:
            try:
                job.file.append(job.cluster, self._pwrite)
                touched[id(job.file)] = job.file
                errors.append(0)
            except OSError as error:
                self.write_errors += 1
                _log.error("recorder.write_failed", file=job.file.path.name, error=str(error))
                errors.append(error.errno or -1)
        failed = self._sync(list(touched.values()))
        written = [
            Written(job.token, len(job.cluster), error or failed.get(id(job.file), 0))
            for job, error in zip(appends, errors, strict=True)
        ]
        self.batch_s = time.monotonic() - began
        with self._wake:
            self.queued_bytes -= sum(len(job.cluster) for job in appends)
        self.written_bytes += sum(one.size_bytes for one in written if not one.error)
        self._told(written)

    def _sync(self, files: list[OutputFile]) -> dict[int, int]:
        failed: dict[int, int] = {}

        def sync(file: OutputFile) -> None:
            try:
                file.sync()
            except OSError as error:
                self.write_errors += 1
                _log.error("recorder.sync_failed", file=file.path.name, error=str(error))
                failed[id(file)] = error.errno or -1

        list(self._pool.map(sync, files))
        return failed

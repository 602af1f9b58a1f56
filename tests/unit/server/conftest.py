"""A server over loopback whose workers are fakes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import pytest

from mixer.wire.control import (
    AnswerSend,
    Command,
    ControlError,
    Description,
    Done,
    FinishSession,
    Metrics,
    NegotiateReceive,
    NegotiateSend,
    Outcome,
    ReadMetrics,
    RestartIce,
    SceneApplied,
)
from mixer.wire.ids import WorkerKind
from mixer.wire.picture import Scene
from mixer.wire.resources import Resource
from server.application import Application, start_application
from server.settings import Settings, load_settings
from server.workers.interface import Listener

OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\na=fingerprint:sha-256 {print}\r\n"


def offer(fingerprint: str = "AA:BB") -> str:
    """As much of a browser's description as the server itself reads."""
    return OFFER.format(print=fingerprint)


class FakeWorkers:
    """Holds what is wanted and answers like workers would."""

    def __init__(self) -> None:
        self.wanted: dict[WorkerKind, tuple[Resource, ...]] = {}
        self.asked: list[tuple[WorkerKind, Command]] = []
        self.remembered: dict[WorkerKind, int] = {}
        self.refusal: ControlError | None = None
        self.away: set[WorkerKind] = set()
        self.listener: Listener | None = None
        self.shows = True
        """Whether picture shows scenes."""
        self.shown = 0

    def listen(self, listener: Listener) -> None:
        self.listener = listener

    def want(self, kind: WorkerKind, resources: Iterable[Resource]) -> None:
        self.wanted[kind] = tuple(resources)
        keys = [resource.key for resource in self.wanted[kind]]
        assert len(set(keys)) == len(keys)
        for scene in self.of(kind, Scene):
            self._show(scene)

    def _show(self, scene: Resource) -> None:
        """As picture does a moment later; once a revision."""
        if self.shows and isinstance(scene, Scene) and scene.revision > self.shown:
            self.shown = scene.revision
            seen = SceneApplied(
                revision=scene.revision, frame=scene.revision * 100, at_ns=scene.at_ns
            )
            asyncio.get_running_loop().call_soon(self._tell, seen)

    def _tell(self, event: SceneApplied) -> None:
        if self.listener is not None:
            self.listener.worker_event(WorkerKind.PICTURE, event)

    async def settle(self, kind: WorkerKind) -> None:
        if kind in self.away:
            raise ControlError("worker.unavailable", f"{kind} is away")

    async def request(self, kind: WorkerKind, command: Command) -> Outcome:
        await self.settle(kind)
        self.asked.append((kind, command))
        if self.refusal is not None:
            raise self.refusal
        match command:
            case NegotiateReceive() | NegotiateSend() | AnswerSend() | RestartIce():
                return Description(sdp=f"v=0\r\ns=peer {command.peer}\r\n")
            case ReadMetrics():
                return Metrics(samples=())
            case FinishSession() | _:
                return Done()

    def remember(self, kind: WorkerKind, epoch: int) -> None:
        self.remembered[kind] = epoch

    def connected(self, kind: WorkerKind) -> bool:
        return kind not in self.away

    def adopt(self, kind: WorkerKind, seconds: float, keep: Callable[[str], bool]) -> None:
        """Nothing is observed, so there is nothing to adopt."""

    def of(self, kind: WorkerKind, resource_type: type) -> list[Resource]:
        """What of one type a worker shall hold."""
        return [one for one in self.wanted[kind] if isinstance(one, resource_type)]


@pytest.fixture
def workers() -> FakeWorkers:
    return FakeWorkers()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(environment={}, data_dir=tmp_path / "data", http_port=0)


@pytest.fixture
async def application(settings: Settings, workers: FakeWorkers) -> AsyncIterator[Application]:
    running = await start_application(settings, workers)
    yield running
    await running.stop()

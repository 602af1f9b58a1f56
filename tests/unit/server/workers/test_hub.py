import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mixer.wire.boot import Boot
from mixer.wire.channel import ControlClient
from mixer.wire.control import (
    Apply,
    Command,
    Condition,
    ControlError,
    Description,
    Event,
    NegotiateSend,
    Outcome,
)
from mixer.wire.ids import PeerId, WorkerKind
from mixer.wire.resources import Peer, Resource
from server.workers.hub import WorkerHub
from server.workers.reconcile import applied


def peer(number: int) -> Peer:
    return Peer(id=PeerId(number), direction="send")


class HeldResources:
    """A worker's object that holds what it is told, or refuses."""

    def __init__(self) -> None:
        self.held: dict[str, Resource] = {}
        self.refuse: ControlError | None = None
        self.applied: list[Apply] = []
        self.told_again = 0

    def observed(self) -> tuple[Resource, ...]:
        return tuple(self.held.values())

    async def apply(self, command: Apply) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.applied.append(command)
        self.held = applied(self.held, command)

    async def command(self, command: Command) -> Outcome:
        if isinstance(command, NegotiateSend) and f"peer/{command.peer}" in self.held:
            return Description(sdp="v=0")
        raise ControlError("peer.unknown", "no such peer")

    def retell(self) -> None:
        self.told_again += 1


class Heard:
    def __init__(self) -> None:
        self.connected: list[tuple[WorkerKind, bool]] = []
        self.lost: list[WorkerKind] = []
        self.events: list[Event] = []

    def worker_connected(self, kind: WorkerKind, epoch: int, *, new_life: bool) -> None:
        self.connected.append((kind, new_life))

    def worker_lost(self, kind: WorkerKind) -> None:
        self.lost.append(kind)

    def worker_event(self, kind: WorkerKind, event: Event) -> None:
        self.events.append(event)


class RunningWorker:
    def __init__(self, run_dir: Path, held: HeldResources, epoch: int) -> None:
        boot = Boot(kind=WorkerKind.MEDIA, epoch=epoch, run_dir=run_dir, data_dir=run_dir)
        self.client = ControlClient(boot, held, asyncio.Event())
        self.task = asyncio.create_task(self.client.run())

    async def die(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def hub(tmp_path: Path, heard: Heard) -> AsyncIterator[WorkerHub]:
    running = WorkerHub(tmp_path / "control.sock")
    running.listen(heard)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def held() -> HeldResources:
    return HeldResources()


async def test_a_worker_that_comes_is_brought_to_the_wanted_set(
    hub: WorkerHub, heard: Heard, held: HeldResources, tmp_path: Path
) -> None:
    hub.want(WorkerKind.MEDIA, [peer(1), peer(2)])
    worker = RunningWorker(tmp_path, held, epoch=1)
    await hub.settle(WorkerKind.MEDIA)
    assert set(held.held) == {"peer/1", "peer/2"}
    await until(lambda: heard.connected == [(WorkerKind.MEDIA, True)])
    hub.want(WorkerKind.MEDIA, [peer(2)])
    await hub.settle(WorkerKind.MEDIA)
    assert set(held.held) == {"peer/2"}
    assert held.told_again == 1
    await worker.die()
    await until(lambda: heard.lost == [WorkerKind.MEDIA])


async def test_a_new_life_is_told_from_a_mere_reconnection(
    hub: WorkerHub, heard: Heard, held: HeldResources, tmp_path: Path
) -> None:
    hub.want(WorkerKind.MEDIA, [peer(1)])
    for epoch in (1, 1, 2):
        worker = RunningWorker(tmp_path, held, epoch)
        count = len(heard.connected) + 1
        await until(lambda count=count: len(heard.connected) == count)
        await worker.die()
        await until(lambda: not hub.connected(WorkerKind.MEDIA))
    assert [new for _, new in heard.connected] == [True, False, True]
    assert len(held.applied) == 1


async def test_what_is_adopted_stays_until_its_time_is_over(
    hub: WorkerHub, held: HeldResources, tmp_path: Path
) -> None:
    held.held = {"peer/7": peer(7), "peer/8": peer(8)}
    hub.adopt(WorkerKind.MEDIA, 0.4, lambda key: key == "peer/7")
    hub.want(WorkerKind.MEDIA, [])
    worker = RunningWorker(tmp_path, held, epoch=1)
    await hub.settle(WorkerKind.MEDIA)
    assert set(held.held) == {"peer/7"}
    await until(lambda: not held.held)
    await worker.die()


async def test_what_this_life_wanted_is_not_adopted(
    hub: WorkerHub, held: HeldResources, tmp_path: Path
) -> None:
    held.held = {"peer/7": peer(7)}
    hub.adopt(WorkerKind.MEDIA, 60, lambda _key: True)
    hub.want(WorkerKind.MEDIA, [peer(1)])
    worker = RunningWorker(tmp_path, held, epoch=1)
    await hub.settle(WorkerKind.MEDIA)
    assert set(held.held) == {"peer/7", "peer/1"}
    hub.want(WorkerKind.MEDIA, [])
    await hub.settle(WorkerKind.MEDIA)
    assert set(held.held) == {"peer/7"}
    await worker.die()


async def test_a_refusal_reaches_those_who_wait_and_is_tried_again(
    hub: WorkerHub, held: HeldResources, tmp_path: Path
) -> None:
    held.refuse = ControlError("peer.bad", "no")
    worker = RunningWorker(tmp_path, held, epoch=1)
    hub.want(WorkerKind.MEDIA, [peer(1)])
    await until(lambda: hub.connected(WorkerKind.MEDIA))
    with pytest.raises(ControlError, match=r"peer\.bad"):
        await hub.settle(WorkerKind.MEDIA)
    held.refuse = None
    await until(lambda: "peer/1" in held.held)
    await worker.die()


async def test_a_command_is_answered_after_what_it_needs_is_there(
    hub: WorkerHub, held: HeldResources, tmp_path: Path
) -> None:
    worker = RunningWorker(tmp_path, held, epoch=1)
    hub.want(WorkerKind.MEDIA, [peer(3)])
    outcome = await hub.request(WorkerKind.MEDIA, NegotiateSend(peer=PeerId(3)))
    assert outcome == Description(sdp="v=0")
    with pytest.raises(ControlError, match=r"peer\.unknown"):
        await hub.request(WorkerKind.MEDIA, NegotiateSend(peer=PeerId(4)))
    await worker.die()


async def test_reports_arrive_and_rubbish_only_cuts_its_own_connection(
    hub: WorkerHub, heard: Heard, held: HeldResources, tmp_path: Path
) -> None:
    worker = RunningWorker(tmp_path, held, epoch=1)
    await until(lambda: hub.connected(WorkerKind.MEDIA))
    reader, writer = await asyncio.open_unix_connection(str(tmp_path / "control.sock"))
    writer.write(b"\xff\xff\xff\xff rubbish")
    assert await reader.read() == b""
    writer.close()
    condition = Condition(id="disk.low", subject="data", active=True)
    worker.client.report(condition)
    await until(lambda: heard.events == [condition])
    await worker.die()

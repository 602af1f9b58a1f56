"""Janus' VideoRoom as the peer of `bench forward`: one publisher, many subscribers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.descriptions import one_profile, publishing, taking, transport_id
from bench.janus import Janus, running_janus
from bench.load_drive import Drive
from bench.load_publisher import Publisher
from bench.load_takers import Takers
from bench.workers import BenchError
from server.simulate.connection import Connection

ROOM = 1
PLUGIN = "janus.plugin.videoroom"
LIBRARY = "libjanus_videoroom.so"
SETTLE_S = 0.3


def room_request() -> dict[str, object]:
    """A room with all that a forwarder does here: feedback both ways, VP8, no recording."""
    return {
        "request": "create",
        "room": ROOM,
        "publishers": 20,
        "bitrate": 0,
        "audiocodec": "opus",
        "videocodec": "vp8",
        "transport_wide_cc_ext": True,
        "audiolevel_ext": False,
        "record": False,
        "notify_joining": False,
    }


class VideoRoom:
    """Seats publishers and takers by the plugin's own messages."""

    def __init__(self, janus: Janus) -> None:
        self._janus = janus
        self._identity = one_profile()

    async def publish(self, publisher: Publisher) -> int:
        """Connect a publisher; its feed."""
        handle = await self._janus.attach(PLUGIN)
        joined, _ = await self._janus.message(
            handle, {"request": "join", "ptype": "publisher", "room": ROOM}
        )
        connection = Connection(self._identity, _nothing, _nothing)
        offer = publishing(
            publisher.lines(), connection.credentials, self._identity.fingerprint, "bench"
        ).replace("setup:actpass", "setup:active")  # the load is always the DTLS client
        _, answer = await self._janus.message(handle, {"request": "publish"}, offer)
        await self._janus.end_of_candidates(handle)
        await connection.connect(answer)
        publisher.start(connection, transport_id(answer))
        feed = joined.get("id")
        if not isinstance(feed, int):
            raise BenchError(f"VideoRoom told no feed: {joined}")
        return feed

    async def take(self, takers: Takers, feed: int) -> None:
        """Connect a subscriber to all streams of a feed."""
        handle = await self._janus.attach(PLUGIN)
        _, offer = await self._janus.message(
            handle,
            {
                "request": "join",
                "ptype": "subscriber",
                "room": ROOM,
                "streams": [{"feed": feed}],
            },
        )
        connection = Connection(self._identity, _nothing, _nothing)
        answer, lines = taking(offer, connection.credentials, self._identity.fingerprint)
        await self._janus.message(handle, {"request": "start"}, answer_sdp=answer)
        await self._janus.end_of_candidates(handle)
        await connection.connect(offer)
        takers.add(connection, lines)


@asynccontextmanager
async def running_videoroom(
    folder: Path, address: str, event_loops: int, count: int
) -> AsyncIterator[Drive]:
    """Janus with one publisher and `count` subscribers, all connected; ended afterwards.

    `event_loops` 0 is as shipped. Raises JanusError, MissingError, ConnectionLostError.
    """
    async with running_janus(folder, address, LIBRARY, event_loops=event_loops) as janus:
        await janus.message(await janus.attach(PLUGIN), room_request())
        room = VideoRoom(janus)
        publisher = Publisher(0)
        feed = await room.publish(publisher)
        takers = Takers([publisher], count)
        try:
            # VideoRoom offers a stream once its publisher's connection is up.
            await asyncio.sleep(SETTLE_S)
            for _ in range(count):
                await room.take(takers, feed)
            yield Drive([publisher], takers, (janus.pid,))
        finally:
            takers.close()
            publisher.close()


def _nothing(_packet: bytes) -> None:
    """The load reads its sockets itself."""

"""A player that we did not write (aiortc), at a WHEP address."""

import asyncio
from collections import deque
from typing import Any, Self

import aiohttp
import av
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from .aiortc_peer import KEPT_PICTURES, KEPT_SOUND


class WhepPlayer:
    """Keeps the last it received, decoded. Leaves by DELETE."""

    def __init__(self, url: str, token: str, reaches: str = "") -> None:
        """``reaches``: the one address of the server that this player can reach; empty for all."""
        self._url = url
        self._reaches = reaches
        self.candidates: list[str] = []
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"})
        self._peer = RTCPeerConnection()
        self._peer.on("track", self._tracked)
        self._tasks: set[asyncio.Task[None]] = set()
        self._address = ""
        self.pictures: deque[av.VideoFrame] = deque(maxlen=KEPT_PICTURES)
        self.sound: deque[NDArray[np.float64]] = deque(maxlen=KEPT_SOUND)

    async def __aenter__(self) -> Self:
        self._peer.addTransceiver("audio", direction="recvonly")
        self._peer.addTransceiver("video", direction="recvonly")
        await self._peer.setLocalDescription(await self._peer.createOffer())
        async with self._session.post(
            self._url,
            data=self._peer.localDescription.sdp,
            headers={"Content-Type": "application/sdp"},
        ) as response:
            answer = await response.text()
            assert response.status == 201, answer
            self._address = str(
                response.url.join(response.url.with_path(response.headers["Location"]))
            )
        await self._peer.setRemoteDescription(
            RTCSessionDescription(self._reachable(answer), "answer")
        )
        return self

    def _reachable(self, sdp: str) -> str:
        lines = sdp.splitlines(keepends=True)
        self.candidates = [line for line in lines if line.startswith("a=candidate")]
        return "".join(
            line
            for line in lines
            if line not in self.candidates or self._reaches in ("", line.split()[4])
        )

    async def __aexit__(self, *_error: object) -> None:
        async with self._session.delete(self._address) as response:
            assert response.status in {200, 404}
        for task in self._tasks:
            task.cancel()
        await self._peer.close()
        await self._session.close()

    def _tracked(self, track: MediaStreamTrack) -> None:
        self._tasks.add(asyncio.create_task(self._keep(track)))

    async def _keep(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame: Any = await track.recv()
            except MediaStreamError:
                return
            if track.kind == "video":
                self.pictures.append(frame)
            else:
                samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
                self.sound.append(samples.mean(axis=1) / 32768)

    def heard(self) -> NDArray[np.float64]:
        """The last seconds of sound, mono at 48 kHz."""
        return np.concatenate(list(self.sound))

    async def receives(self, pictures: int, timeout_s: float) -> None:
        """Wait for so many fresh decoded pictures and a second of fresh sound."""
        self.pictures.clear()
        self.sound.clear()
        async with asyncio.timeout(timeout_s):
            while len(self.pictures) < pictures or len(self.sound) < 50:
                await asyncio.sleep(0.05)

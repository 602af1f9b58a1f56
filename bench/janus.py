"""Janus as a peer: a process of its own with a configuration of its own, and its API."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp

from bench.namespace import require_program

Json = dict[str, object]

WS_PORT = 8188
START_S = 10.0
ANSWER_S = 10.0
STOP_S = 5.0
FOLDERS = ("plugins", "transports", "events", "loggers")


class JanusError(ValueError):
    """Janus did not start, or refused a request."""


def configuration(folder: Path, address: str, *, event_loops: int = 1) -> dict[str, str]:
    """Texts of the configuration files by name.

    One event loop is its best at this size; as shipped (0) it has one per handle. It answers
    connectivity checks only and shows no address but `address`.
    """
    loops = f"\tevent_loops = {event_loops}\n" if event_loops else ""
    paths = "\n".join(f'\t{name}_folder = "{folder / name}"' for name in FOLDERS)
    return {
        "janus.jcfg": (
            f'general: {{\n\tconfigs_folder = "{folder}"\n{paths}\n\tdebug_level = 3\n'
            f"{loops}\tsession_timeout = 0\n}}\n"
            f'media: {{\n\trtp_port_range = "20000-20999"\n}}\n'
            f'nat: {{\n\tice_lite = true\n\tice_enforce_list = "{address}"\n}}\n'
        ),
        "janus.transport.websockets.jcfg": (
            f'general: {{\n\tjson = "compact"\n\tws = true\n\tws_port = {WS_PORT}\n'
            f'\tws_ip = "{address}"\n\twss = false\n}}\n'
            "admin: {\n\tadmin_ws = false\n\tadmin_wss = false\n}\n"
        ),
    }


def write_configuration(folder: Path, library: Path, plugin: str, texts: Mapping[str, str]) -> None:
    """Fill `folder`: texts, and links to the one plugin and the WebSocket transport of `library`.

    Raises JanusError when the library has no such plugin.
    """
    for name in FOLDERS:
        (folder / name).mkdir()
    for kind, name in (("plugins", plugin), ("transports", "libjanus_websockets.so")):
        found = library / kind / name
        if not found.exists():
            raise JanusError(f"Janus has no {found}")
        (folder / kind / name).symlink_to(found)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def library_folder() -> Path:
    """Where Debian keeps Janus' plugins. Raises JanusError when there are none."""
    for found in sorted(Path("/usr/lib").glob("*/janus")):
        return found
    raise JanusError("Janus' plugins are missing: apt-get install janus")


class _Waiting(NamedTuple):
    answer: asyncio.Future[Json]
    takes_ack: bool


class Janus:
    """One session over the WebSocket; answers are told apart by their transaction."""

    def __init__(self, pid: int, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.pid = pid
        self._socket = socket
        self._transactions = itertools.count(1)
        self._waiting: dict[str, _Waiting] = {}
        self._session = 0

    async def open(self) -> None:
        """Make the session."""
        self._session = _number(await self._request({"janus": "create"}), "id")

    async def attach(self, plugin: str) -> int:
        """A handle of a plugin, such as ``janus.plugin.audiobridge``."""
        return _number(await self._request({"janus": "attach", "plugin": plugin}), "id")

    async def message(
        self, handle: int, body: Json, offer: str = "", *, answer_sdp: str = ""
    ) -> tuple[Json, str]:
        """Ask a plugin, with an offer or an answer; what it said and described.

        Raises JanusError.
        """
        request: Json = {"janus": "message", "handle_id": handle, "body": body}
        if offer:
            request["jsep"] = {"type": "offer", "sdp": offer}
        elif answer_sdp:
            request["jsep"] = {"type": "answer", "sdp": answer_sdp}
        answer = await self._request(request)
        said = _part(_part(answer, "plugindata"), "data")
        if "error" in said:
            raise JanusError(f"{body.get('request')}: {said['error']}")
        return said, str(_part(answer, "jsep").get("sdp", ""))

    async def end_of_candidates(self, handle: int) -> None:
        """Our candidates are learnt from our checks."""
        await self._request(
            {"janus": "trickle", "handle_id": handle, "candidate": {"completed": True}},
            takes_ack=True,
        )

    async def read(self) -> None:
        """Until the socket is closed."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            answer: Json = message.json()
            waiting = self._waiting.get(str(answer.get("transaction")))
            # A plugin first says only that it got the message.
            is_last = answer.get("janus") != "ack" or (waiting is not None and waiting.takes_ack)
            if waiting is not None and is_last and not waiting.answer.done():
                waiting.answer.set_result(answer)

    async def _request(self, request: Json, *, takes_ack: bool = False) -> Json:
        transaction = str(next(self._transactions))
        waiting = _Waiting(asyncio.get_running_loop().create_future(), takes_ack)
        self._waiting[transaction] = waiting
        message = {**request, "transaction": transaction}
        if self._session:
            message["session_id"] = self._session
        await self._socket.send_json(message)
        try:
            async with asyncio.timeout(ANSWER_S):
                answer = await waiting.answer
        finally:
            del self._waiting[transaction]
        if answer.get("janus") == "error":
            raise JanusError(f"{request['janus']}: {_part(answer, 'error').get('reason')}")
        return answer


def _part(answer: Json, name: str) -> Json:
    part = answer.get(name)
    return part if isinstance(part, dict) else {}


def _number(answer: Json, name: str) -> int:
    number = _part(answer, "data").get(name)
    if not isinstance(number, int):
        raise JanusError(f"no {name} in {answer}")
    return number


@asynccontextmanager
async def running_janus(
    folder: Path, address: str, plugin: str, *, event_loops: int = 1
) -> AsyncIterator[Janus]:
    """Start Janus with one plugin (``libjanus_audiobridge.so``) and open a session; end both.

    `folder` is empty and holds configuration and log. Raises JanusError, MissingError.
    """
    program = require_program("janus", "janus")
    write_configuration(
        folder, library_folder(), plugin, configuration(folder, address, event_loops=event_loops)
    )
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            program, "-F", str(folder), "--disable-colors", stdout=log, stderr=log
        )
    try:
        async with aiohttp.ClientSession() as http:
            socket = await _connect(http, f"ws://{address}:{WS_PORT}", process)
            janus = Janus(process.pid, socket)
            reader = asyncio.create_task(janus.read(), name="janus")
            try:
                await janus.open()
                yield janus
            finally:
                await socket.close()
                await reader
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _connect(
    http: aiohttp.ClientSession, url: str, process: asyncio.subprocess.Process
) -> aiohttp.ClientWebSocketResponse:
    async with asyncio.timeout(START_S):
        while process.returncode is None:
            try:
                return await http.ws_connect(url, protocols=("janus-protocol",))
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
    raise JanusError(f"Janus ended with status {process.returncode}")

"""Debian's Firefox, driven over WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/)."""

import asyncio
import itertools
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

FIREFOX = "firefox-esr"
PREFERENCES: dict[str, bool | int | str] = {
    # A camera and a microphone that Firefox makes up itself, without a question.
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    # Candidates by their addresses, not by names that somebody would have to resolve.
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "intl.accept_languages": "zh-CN",
    # It asks nobody for anything.
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "",
    "toolkit.telemetry.enabled": False,
}
START_S = 30.0
COMMAND_S = 20.0
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class FirefoxError(Exception):
    """A command was refused, or a script in the page raised."""


class Firefox:
    """One window. Commands are sent one after another."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._context = ""

    async def begin(self) -> None:
        """A session, and its window."""
        await self._command("session.new", capabilities={})
        tree = await self._command("browsingContext.getTree")
        self._context = tree["contexts"][0]["context"]

    async def before_pages(self, declaration: str) -> None:
        """A function that each page runs before its own scripts."""
        await self._command("script.addPreloadScript", functionDeclaration=declaration)

    async def goto(self, url: str) -> None:
        """Until the page is loaded."""
        await self._command(
            "browsingContext.navigate", context=self._context, url=url, wait="complete"
        )

    async def evaluate(self, expression: str) -> Any:
        """What the page's expression comes to, as JSON. Raises `FirefoxError`."""
        text = f"(async () => JSON.stringify((await ({expression})) ?? null))()"
        found = await self._command(
            "script.evaluate",
            expression=text,
            target={"context": self._context},
            awaitPromise=True,
        )
        if found["type"] != "success":
            raise FirefoxError(found["exceptionDetails"]["text"])
        return json.loads(found["result"]["value"])

    async def until(self, expression: str, timeout_s: float = COMMAND_S) -> Any:
        """The first value that is true. Raises TimeoutError with the last one seen."""
        seen: Any = None
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not seen:
                    # While a page gives way to another one, scripts fail.
                    with suppress(FirefoxError):
                        seen = await self.evaluate(expression)
                    await asyncio.sleep(0.1)
        if not seen:
            raise TimeoutError(f"not within {timeout_s:g} s: {expression} (last: {seen!r})")
        return seen

    async def _command(self, method: str, /, **params: Any) -> Any:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(COMMAND_S):
            while True:
                answer = await self._socket.receive_json()
                if answer.get("id") != number:
                    continue  # an event
                if answer["type"] == "error":
                    raise FirefoxError(f"{method}: {answer['error']}: {answer['message']}")
                return answer["result"]


def write_profile(folder: Path) -> Path:
    """A profile of its own with `PREFERENCES`."""
    folder.mkdir(parents=True)
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items()]
    (folder / "user.js").write_text("".join(lines), encoding="utf-8")
    return folder


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where it listens. Raises `FirefoxError` with what it said instead."""
    said: list[str] = []
    assert process.stderr is not None
    async with asyncio.timeout(START_S):
        while line := (await process.stderr.readline()).decode(errors="replace"):
            said.append(line)
            found = LISTENING.search(line)
            if found:
                return found[1]
    raise FirefoxError("".join(said[-20:]))


async def _drain(stream: asyncio.StreamReader) -> None:
    while await stream.read(65_536):
        pass


@asynccontextmanager
async def firefox(folder: Path) -> AsyncIterator[Firefox]:
    """A running Firefox whose profile is in ``folder``."""
    profile = write_profile(folder / "profile")
    process = await asyncio.create_subprocess_exec(
        FIREFOX,
        "--headless",
        "--no-remote",
        *("--remote-debugging-port", "0"),
        *("--profile", str(profile)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(folder), "MOZ_CRASHREPORTER_DISABLE": "1"},
    )
    try:
        address = await _address(process)
        assert process.stderr is not None
        draining = asyncio.create_task(_drain(process.stderr))
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{address}/session", max_msg_size=0) as socket,
        ):
            browser = Firefox(socket)
            await browser.begin()
            yield browser
        draining.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(10):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()

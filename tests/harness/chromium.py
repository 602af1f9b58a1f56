"""Debian's Chromium, driven by Playwright, with cameras that are devices of its own or files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Playwright, Request

from .camera import Signature, write_wav, write_y4m

CHROMIUM = str(Path(__file__).with_name("chromium_beside.sh"))
PICTURE = "?width=640&height=360&fps=15"
"""Small enough for three pages that publish on two cores."""
ARGUMENTS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages that are not in front go on at full speed, as they do on a person's own computer.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
TIMEOUT_MS = 15_000.0
FAKE_DEVICES = "--use-fake-device-for-media-stream"
DESK_SOUND = """
if (location.protocol === "http:" && localStorage.getItem("lianxian.choices") === null) {
  localStorage.setItem("lianxian.choices", JSON.stringify({ preset: "desk" }));
}
"""
"""Noise suppression would take a steady tone for noise, as it should."""


@asynccontextmanager
async def chromium(playwright: Playwright, *more: str) -> AsyncIterator[Browser]:
    """A browser; without `FAKE_DEVICES` it has neither camera nor microphone."""
    browser = await playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*ARGUMENTS, *more], chromium_sandbox=False
    )
    try:
        yield browser
    finally:
        await browser.close()


def file_devices(folder: Path, signature: Signature) -> list[str]:
    """Arguments that make a Y4M film the camera and a WAV file the microphone."""
    folder.mkdir(parents=True, exist_ok=True)
    film = write_y4m(folder / "camera.y4m", signature.rgb)
    sound = write_wav(folder / "microphone.wav", signature.tone_hz)
    return [
        FAKE_DEVICES,
        f"--use-file-for-fake-video-capture={film}",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


class Traffic:
    """Every request of a context, to see that none leaves for another host."""

    def __init__(self, context: BrowserContext) -> None:
        self.hosts: dict[str, str] = {}
        self.errors: list[str] = []
        context.on("request", self._asked)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"}:
            self.hosts.setdefault(parts.hostname or "", request.url)

    def foreign(self) -> dict[str, str]:
        """Host to one address, of all hosts that are not this machine."""
        return {host: url for host, url in self.hosts.items() if host != "localhost"}


async def fresh_context(
    browser: Browser, locale: str = "zh-CN", width: int = 1366, height: int = 768
) -> tuple[BrowserContext, Traffic]:
    """A person with nothing remembered but that the microphone is a mixing desk's."""
    context = await browser.new_context(
        locale=locale,
        viewport={"width": width, "height": height},
        permissions=["camera", "microphone", "clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(TIMEOUT_MS)
    await context.add_init_script(DESK_SOUND)
    return context, Traffic(context)


async def join_room(page: Page, link: str) -> None:
    """From the join page into the room, until both directions of media are up."""
    await page.goto(link)
    await page.locator("lx-join-page main[data-state=ready]").wait_for()
    await page.locator("#join").click()
    await in_call(page)


async def in_call(page: Page, *, publishes: bool = True, timeout_s: float = 20.0) -> None:
    """Until the room's media are connected."""
    await page.wait_for_url("**/room**")
    await page.wait_for_function(
        """(publishes) => window.lianxian?.subscribe?.().state === "connected" &&
            (!publishes || window.lianxian.publish().state === "connected")""",
        arg=publishes,
        timeout=timeout_s * 1000,
    )

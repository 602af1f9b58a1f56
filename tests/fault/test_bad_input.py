"""Hostile and mistaken input over the wire: a stable error id, told once; no one else notices."""

import asyncio
import json
import random
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import jwt
import pytest
import pytest_asyncio
import socketio
from aioice import stun

from mixer.transport.ice import make_credentials
from mixer.transport.identity import Identity
from server.simulate.connection import Connection
from server.simulate.description import OfferedTrack, publish_offer
from server.simulate.signal import SignalClient, SignalError
from signaling.wire.messages import Join, Publish, PublishTrack, Take
from tests.harness.listener import Listener, listening
from tests.harness.serving import Serving, wait_for
from tests.harness.simulated import SimulatedSites, on_air

pytestmark = pytest.mark.system
SEATS = ("beijing", "bj-studio")
NOTICED_MS = 500.0
STRANGER = "hn-village"


@pytest.fixture(scope="module")
def sites(serving: Serving) -> Iterator[SimulatedSites]:
    with on_air(serving, *SEATS) as running:
        yield running


@pytest_asyncio.fixture
async def somebody_else(serving: Serving, sites: SimulatedSites) -> AsyncIterator[Listener]:
    """A seat in the call, which must notice nothing of what the test does."""
    async with listening(serving.link("hn-studio")) as listener:
        began_ns = time.monotonic_ns()
        yield listener
        await listener.hears(0.5, timeout_s=10, since_ns=time.monotonic_ns())
        for kind in ("audio", "video"):
            silence_ms = listener.longest_silence_ms(kind, began_ns)
            assert silence_ms < NOTICED_MS + listener.longest_stall_ms(began_ns)
            assert listener.missing(kind, began_ns) == 0


class LogMark:
    """Where the log stood when the test began."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._lines = len(serving.log_lines())

    def told(self, error: str) -> list[dict[str, Any]]:
        """Lines since then that name the error."""
        return [
            line
            for line in self._serving.log_lines()[self._lines :]
            if error in json.dumps(line, ensure_ascii=False)
        ]

    def check_told_once(self, error: str) -> None:
        wait_for(lambda: self.told(error), 5, f"{error} is logged")
        told = self.told(error)
        assert len(told) == 1, told


@pytest.fixture
def log(serving: Serving, somebody_else: Listener) -> LogMark:
    return LogMark(serving)


# --- links -----------------------------------------------------------------------------------


async def refusal(serving: Serving, token: str) -> dict[str, Any]:
    """What a page is told that connects with this token."""
    told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    client = socketio.AsyncClient(reconnection=False)
    client.on("connect_error", told.set_result)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(
            serving.base_url, auth={"token": token, "locale": "en"}, transports=["websocket"]
        )
    return dict((await told)["data"])


def token_of(serving: Serving, seat: str) -> str:
    return serving.link(seat).partition("#t=")[2]


def signed(serving: Serving, **changes: object) -> str:
    """A token as this server signs it, with other claims: what a leaked key could make."""
    key = (serving.data / "link.key").read_bytes()
    claims = jwt.decode(
        token_of(serving, STRANGER), key, algorithms=["HS256"], audience="lianxian:link"
    )
    return jwt.encode({**claims, **changes}, key, algorithm="HS256")


def damaged(token: str) -> str:
    """The claims of another seat under the signature of this one."""
    head, claims, signature = token.split(".")
    return f"{head}.{claims[:-3]}{'A' if claims[-3] != 'A' else 'B'}{claims[-2:]}.{signature}"


@pytest.mark.parametrize("kind", ["unknown", "altered", "expired"])
async def test_a_bad_link_is_refused_with_its_reason(
    serving: Serving, log: LogMark, kind: str
) -> None:
    token = {
        "unknown": "not-a-link",
        "altered": damaged(token_of(serving, STRANGER)),
        "expired": signed(serving, exp=int(time.time()) - 60),
    }[kind]
    told = await refusal(serving, token)
    assert told["error"] == f"link.{kind}"
    assert told["text"]
    assert told["cure"]
    log.check_told_once(f"link.{kind}")


@pytest.mark.parametrize(
    ("seat", "kind", "error"),
    [("third-hall", "hall", "event.halls_full"), ("site-18", "remote", "event.sites_full")],
)
async def test_one_hall_or_site_too_many_is_refused_at_join(
    serving: Serving, log: LogMark, seat: str, kind: str, error: str
) -> None:
    told = await refusal(serving, signed(serving, seat=seat, kind=kind))
    assert told["error"] == error
    log.check_told_once(error)


# --- requests --------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def member(serving: Serving) -> AsyncIterator[SignalClient]:
    client = SignalClient(serving.link(STRANGER))
    await client.connect()
    await client.request(Join(has_audio=True, has_video=False, take_over=True))
    yield client
    await client.close()


async def test_a_member_may_not_direct(
    serving: Serving, log: LogMark, member: SignalClient
) -> None:
    before = serving.state("programme")["on_air"]
    with pytest.raises(SignalError) as refused:
        await member.request(Take())
    assert refused.value.error == "right.missing"
    log.check_told_once("right.missing")
    assert serving.state("programme")["on_air"] == before


def sound_offer(identity: Identity) -> str:
    track = OfferedTrack("0", "audio", "opus", 4711)
    return publish_offer([track], make_credentials(), identity.fingerprint, "test")


async def publish(member: SignalClient, sdp: str) -> str:
    """The id of the refusal."""
    track = PublishTrack(mid="0", kind="audio", source="microphone")
    with pytest.raises(SignalError) as refused:
        await member.request(Publish(sdp=sdp, tracks=[track]))
    return refused.value.error


async def test_an_offer_without_fingerprint_is_refused(log: LogMark, member: SignalClient) -> None:
    offer = sound_offer(Identity())
    bare = "".join(
        line for line in offer.splitlines(keepends=True) if not line.startswith("a=fingerprint")
    )
    assert await publish(member, bare) == "sdp.no_fingerprint"
    log.check_told_once("sdp.no_fingerprint")


async def test_an_offer_that_cannot_be_read_is_refused(log: LogMark, member: SignalClient) -> None:
    offer = sound_offer(Identity()).replace("m=audio 9", "m=audio nine")
    assert await publish(member, offer) == "sdp.invalid"
    log.check_told_once("sdp.invalid")


# --- datagrams -------------------------------------------------------------------------------


def drops(serving: Serving, reason: str) -> float:
    return serving.metric("lianxian_media_drops_total", reason=reason)


async def test_random_datagrams_are_counted_and_answered_by_silence(
    serving: Serving, somebody_else: Listener
) -> None:
    chance = random.Random(20260)
    before = await asyncio.to_thread(serving.metric, "lianxian_media_drops_total")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", serving.udp_port))
        sender.setblocking(False)
        for number in range(1500):
            size = chance.choice((0, 1, 2, 11, 12, 20, 28, 200, 1200, 1500))
            sender.send(bytes([number % 256]) + chance.randbytes(size))
            if number % 50 == 0:
                await asyncio.sleep(0.005)
        await asyncio.to_thread(
            wait_for,
            lambda: serving.metric("lianxian_media_drops_total") >= before + 1400,
            5,
            "the drops are counted",
        )
        with pytest.raises(BlockingIOError):
            sender.recv(2048)


async def test_a_check_with_a_wrong_password_is_not_answered(
    serving: Serving, somebody_else: Listener
) -> None:
    connection = somebody_else._connection
    assert isinstance(connection, Connection)
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{connection._remote_ufrag}:thief"
    request.attributes["PRIORITY"] = 1
    request.attributes["ICE-CONTROLLING"] = 1
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(b"not the password of this peer")
    before = await asyncio.to_thread(drops, serving, "stun_bad_integrity")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.connect(("127.0.0.1", serving.udp_port))
        thief.setblocking(False)
        thief.send(bytes(request))
        await asyncio.to_thread(
            wait_for,
            lambda: drops(serving, "stun_bad_integrity") == before + 1,
            5,
            "the bad check is counted",
        )
        with pytest.raises(BlockingIOError):
            thief.recv(2048)


# --- secrets ---------------------------------------------------------------------------------


def test_no_link_and_no_key_stands_in_the_log(serving: Serving, sites: SimulatedSites) -> None:
    told = serving.log_path.read_text(encoding="utf-8")
    assert '"process": "media"' in told
    assert '"process": "supervisor"' in told
    assert [seat for seat in SEATS if token_of(serving, seat) in told] == []
    assert "eyJ" not in told, "something that begins like a token"
    assert (serving.data / "link.key").stat().st_mode & 0o077 == 0

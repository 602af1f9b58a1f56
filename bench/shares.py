"""Where a server spends its time: kernel, cryptography, the rest, sampled by `perf`."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NamedTuple

SAMPLED_S = 3.0
FREQUENCY_HZ = 997
_CRYPTO = ("libcrypto", "libsrtp", "pylibsrtp", "libssl", "_openssl", "_rust")
"""Objects that do cryptography; names of ours with an AES or GHASH symbol count too."""
_CRYPTO_SYMBOLS = ("aes", "gcm", "ghash", "srtp_", "EVP_", "CRYPTO_")


class Shares(NamedTuple):
    """Of all samples; the sum is 1."""

    kernel: float
    crypto: float
    own: float


async def shares_of(
    pids: Sequence[int], folder: Path, play: Callable[[float], Awaitable[int]]
) -> Shares | None:
    """Sample the processes while the load plays; None without `perf` or without samples."""
    perf = shutil.which("perf")
    if perf is None:
        return None
    samples = folder / "perf.data"
    recording = await asyncio.create_subprocess_exec(
        perf,
        *("record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY_HZ), "-o", str(samples)),
        *("-p", ",".join(map(str, pids)), "--", "sleep", str(SAMPLED_S)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await play(SAMPLED_S + 0.5)
    if await recording.wait() != 0:
        return None
    reading = await asyncio.create_subprocess_exec(
        perf,
        *("report", "-i", str(samples), "--stdio", "-F", "overhead,dso,symbol"),
        *("-t", "|", "--percent-limit", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    text, _ = await reading.communicate()
    return read_report(text.decode(errors="replace"))


def read_report(text: str) -> Shares | None:
    """From ``overhead|object|symbol`` lines."""
    kernel = crypto = own = 0.0
    for line in text.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) < 3 or not fields[0].endswith("%"):
            continue
        percent = float(fields[0][:-1])
        if fields[1].startswith("[") or "[k]" in fields[2]:
            kernel += percent
        elif any(name in fields[1] for name in _CRYPTO) or _is_crypto(fields[2]):
            crypto += percent
        else:
            own += percent
    whole = kernel + crypto + own
    return Shares(kernel / whole, crypto / whole, own / whole) if whole else None


def _is_crypto(symbol: str) -> bool:
    return any(part in symbol for part in _CRYPTO_SYMBOLS)

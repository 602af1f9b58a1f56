"""An encoder nobody of ours wrote: FFmpeg's WHIP muxer, in a process of its own.

``python ffmpeg_whip.py URL RED GREEN BLUE HERTZ`` sends a colour and a tone until its standard
input ends. The token is the first line of it, so that it stands in no list of processes.
"""

import datetime as dt
import select
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.harness.camera import RATE, Signature, picture, tone

WIDTH, HEIGHT, FRAMES_PER_SECOND = 320, 180, 15
SOUND_FRAME = 960
STOP_TIMEOUT_S = 15


class FfmpegEncoder:
    """The process, as a test drives it."""

    def __init__(self, url: str, token: str, signature: Signature, log: Path) -> None:
        self._log = log
        arguments = [*map(str, signature.rgb), str(signature.tone_hz)]
        root = Path(__file__).resolve().parents[2]
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.ffmpeg_whip", url, *arguments],
                stdin=subprocess.PIPE,
                stdout=errors,
                stderr=errors,
                cwd=root,
            )
        assert self._process.stdin is not None
        self._process.stdin.write(f"{token}\n".encode())
        self._process.stdin.flush()

    def running(self) -> bool:
        return self._process.poll() is None

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def stop(self) -> int:
        """As a person ends it: the trailer is written, which takes leave of the server."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            return self._process.wait(timeout=STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def _ended() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return bool(readable) and not sys.stdin.readline()


def certificate(folder: Path) -> dict[str, str]:
    """Options with a certificate of P-256: built with GnuTLS, FFmpeg makes one of P-224, which
    OpenSSL 4 takes from nobody.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "encoder")])
    now = dt.datetime.now(tz=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {"cert_file": str(paths[0]), "key_file": str(paths[1])}


def send(url: str, options: dict[str, str], signature: Signature) -> None:
    """Until standard input ends."""
    with av.open(url, "w", format="whip", options=options) as container:
        video = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.options = {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "baseline",
            "g": str(FRAMES_PER_SECOND),
            "bf": "0",
        }
        audio = container.add_stream("libopus", rate=RATE, layout="stereo")
        audio.options = {"frame_duration": "20"}
        began, frames, blocks = time.monotonic(), 0, 0
        while not _ended():
            now = time.monotonic() - began
            while frames / FRAMES_PER_SECOND <= now:
                planes = picture(signature.rgb, WIDTH, HEIGHT, frames / FRAMES_PER_SECOND / 2 % 1)
                joined = np.concatenate([plane.reshape(-1) for plane in planes])
                shown = av.VideoFrame.from_ndarray(
                    joined.reshape(HEIGHT * 3 // 2, WIDTH), "yuv420p"
                )
                shown.pts, shown.time_base = frames, Fraction(1, FRAMES_PER_SECOND)
                container.mux(video.encode(shown))
                frames += 1
            while blocks * SOUND_FRAME / RATE <= now:
                samples = tone(signature.tone_hz, blocks * SOUND_FRAME, SOUND_FRAME)
                stereo = np.repeat((samples * 32767).astype(np.int16), 2)[None, :]
                heard = av.AudioFrame.from_ndarray(stereo, "s16", "stereo")
                heard.sample_rate, heard.pts = RATE, blocks * SOUND_FRAME
                heard.time_base = Fraction(1, RATE)
                container.mux(audio.encode(heard))
                blocks += 1
            time.sleep(0.005)


if __name__ == "__main__":
    address, red, green, blue, hertz = sys.argv[1:]
    av.logging.set_level(av.logging.VERBOSE)
    colour = (int(red), int(green), int(blue))
    said = {"authorization": sys.stdin.readline().strip()}
    with tempfile.TemporaryDirectory() as made:
        send(address, said | certificate(Path(made)), Signature(colour, float(hertz)))

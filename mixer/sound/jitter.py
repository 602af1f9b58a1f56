"""The jitter buffer of one source, in session time.

`JitterBuffer.read` gives for each tick exactly the samples captured ``delay``
before it. The position follows the session clock: while it is more than 1 ms off,
a tick is made of a sample or two more or fewer (0.2 %; five when it is 5 ms off), so
a sender's drift never adds up. The delay grows at once when a packet came too late;
otherwise it moves by 10 ms steps in quiet sound or creeps by 0.2 %.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mixer.rtp.red import Redundant
from mixer.sound.capture_clock import CaptureClock, Captured, Fit
from mixer.sound.codec import (
    TICK_SAMPLES,
    Decoder,
    OpusError,
    Samples,
    along,
    samples_to_ns,
)
from mixer.sound.delay import DelayTarget
from mixer.sound.opus_packet import carries_fec, packet_samples
from mixer.sound.stream import (
    FADE_SAMPLES,
    DecodedStream,
    Drop,
    StreamCounters,
    WaitingPacket,
)
from mixer.wire.ids import NANOSECONDS

DEADBAND_SAMPLES: Final = 48
STRETCH_STEPS: Final = ((96, 1), (240, 2))
"""Up to so many samples off, a tick is made of so many more or fewer (0.1 or 0.2 %)."""
HASTE_SAMPLES: Final = 240
HASTE_STEP: Final = 5
"""Media slews a source's clock by up to 0.5 %; more than 5 ms off, a tick keeps up with that."""
CREEP_SAMPLES: Final = 2
"""Per tick the delay changes so much where there is sound: 2 ms a second, 0.2 %."""
RESYNC_SAMPLES: Final = 1920
"""Further off than 40 ms the position jumps, cross-faded."""
SHRINK_SAMPLES: Final = 960
"""The delay shrinks when it is 20 ms longer than needed, then all the way."""
STEP_SAMPLES: Final = 480
QUIET: Final = 0.003
"""Peak below -50 dBFS: a piece nobody misses."""
FUTURE_NS: Final = NANOSECONDS // 2
PAST_NS: Final = 2 * NANOSECONDS
_FADE_IN: Final = (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, FADE_SAMPLES))).astype(np.float32)
_FADE_OUT: Final = (1 - _FADE_IN).astype(np.float32)


class AudioPacket(NamedTuple):
    """An Opus RTP packet as the link brings it."""

    sequence: int
    """Extended."""
    timestamp: int
    """32 bits, 48 kHz."""
    session_ns: int
    """Session time at which its first sample was captured."""
    arrival_ns: int
    """Session time at which media received it."""
    payload: bytes
    old: tuple[Redundant, ...] = ()
    """Frames before it that it carries along (RED), oldest first, one packet each."""


class JitterBuffer:
    """Packets in, one tick of samples out; decides without IO, time is an argument."""

    def __init__(self, decoder: Decoder, stereo: Callable[[], Decoder] | None = None) -> None:
        """``stereo`` makes the decoder that takes over at the first stereo packet."""
        self.follows_clock = True
        """Whether drift is taken out by resampling; otherwise the position jumps."""
        self.counters = StreamCounters()
        self.resyncs = 0
        """Jumps of the position: timestamps began anew, or the clock stepped."""
        self.stretched = 0
        """Ticks made of one sample more or less."""
        self._stream = DecodedStream(decoder, self.counters, stereo)
        self._clock = CaptureClock()
        self._target = DelayTarget()
        self._delay = self._target.wanted
        self._shrinking = False
        self._entered = False
        """Whether packets have fixed the scale."""
        self._playing = False
        """Whether `_position` means something."""
        self._highest = -1
        """Sequence of the newest packet."""
        self._position = 0
        """Timestamp of the next sample to be played."""
        self._tail: Samples | None = None

    @property
    def delay_ns(self) -> int:
        """From capture to the tick's time, as played now."""
        return samples_to_ns(self._delay)

    def restart(self) -> None:
        """The stream begins anew (another life): sequence and timestamps mean nothing yet."""
        self._leave_position()
        self._clock = CaptureClock()
        self._highest = -1

    def insert(self, packet: AudioPacket, now_ns: int) -> None:
        """Take a packet that is there at ``now_ns`` of session time."""
        self.counters.received += 1
        try:
            samples = packet_samples(packet.payload)
        except OpusError:
            self.counters.drops[Drop.MALFORMED] += 1
            return
        if packet.session_ns > now_ns + FUTURE_NS:
            self.counters.drops[Drop.FUTURE] += 1
            return
        if packet.session_ns < now_ns - PAST_NS:
            self.counters.drops[Drop.LATE] += 1
            return
        timestamp, fit = self._clock.observe(packet.timestamp, packet.session_ns)
        if fit is Fit.OUTLIER:
            self.counters.drops[Drop.TIMESTAMP] += 1
            return
        if fit is Fit.JUMP:
            self._leave_position()
        # When this process itself was held up its ticks were too, and no packet was late for them.
        self._target.observe(packet.session_ns, packet.arrival_ns)
        self._notice_loss(packet)
        if not self._entered:
            self._enter(timestamp)
        elif self._playing and self._stream.is_late(timestamp):
            self._target.observe(packet.session_ns, now_ns)
            self._make_room(timestamp)
        self._stream.offer(WaitingPacket(packet.sequence, timestamp, samples, packet.payload))
        if packet.old:
            self._insert_old(packet, timestamp)

    def _notice_loss(self, packet: AudioPacket) -> None:
        if 0 <= self._highest < packet.sequence - 1 and (packet.old or carries_fec(packet.payload)):
            self._target.lose(packet.arrival_ns)
            if self._playing:
                # Something is missing here anyway; a step back is heard less than the next loss.
                self._grow()
        self._highest = max(self._highest, packet.sequence)

    def _insert_old(self, packet: AudioPacket, timestamp: int) -> None:
        for number, old in enumerate(reversed(packet.old), start=1):
            try:
                samples = packet_samples(old.payload)
            except OpusError:
                self.counters.drops[Drop.MALFORMED] += 1
                continue
            self._stream.offer_copy(
                WaitingPacket(
                    packet.sequence - number, timestamp - old.back_samples, samples, old.payload
                )
            )

    def read(self, mix_ns: int) -> Samples:
        """The 960 samples captured from ``mix_ns - delay`` on; silence before the first packet.

        ``(960,)``, or ``(960, 2)`` once the source has sent stereo.
        """
        if self._entered:
            wanted = self._clock.position_at(mix_ns) - self._delay
            block = self._play(self._correction(wanted))
        else:
            block = self._stream.ring.silence(TICK_SAMPLES)
        if self._tail is not None:
            tail = self._tail * along(_FADE_OUT, self._tail)
            block[:FADE_SAMPLES] *= along(_FADE_IN, block)
            block[:FADE_SAMPLES] += tail if tail.ndim == block.ndim else tail[:, None]
            self._tail = None
        if self._entered:
            # What this leaves for a cross-fade belongs to the next tick.
            self._adjust_delay()
        return block

    def captured(self, count: int) -> Captured | None:
        """The last ``count`` samples (at most 25,000) behind which it plays, as they were
        captured, mono; None while nothing plays.
        """
        if not self._playing:
            return None
        block = self._stream.ring.read(self._position - count, count)
        mono = block if block.ndim == 1 else block.mean(axis=1)
        return Captured(mono, self._position, self._clock.time_at(self._position))

    # --- position ---------------------------------------------------------------

    def _enter(self, timestamp: int) -> None:
        """The first packet fixes the scale; `read` then knows the position."""
        self._delay = self._target.wanted
        self._stream.restart(timestamp)
        self._entered = True

    def _leave_position(self) -> None:
        if self._playing:
            self._keep_tail()
            self.resyncs += 1
        self._entered = self._playing = False

    def _correction(self, wanted: int) -> int:
        """Samples (0, 1, 2 or 5 either way) by which this tick runs ahead of real time."""
        if not self._playing:
            self._playing = True
            self._position = wanted
            if self._tail is None:
                self._tail = self._stream.ring.silence(FADE_SAMPLES)
            return 0
        error = wanted - self._position
        if abs(error) > RESYNC_SAMPLES:
            self._splice(wanted)
            self.resyncs += 1
            return 0
        if abs(error) <= DEADBAND_SAMPLES:
            return 0
        if not self.follows_clock:
            return 0
        if abs(error) > HASTE_SAMPLES and self._quiet_around(self._position, -error):
            self._splice(wanted)
            return 0
        step = next((step for limit, step in STRETCH_STEPS if abs(error) <= limit), HASTE_STEP)
        self.stretched += 1
        return step if error > 0 else -step

    def _play(self, correction: int) -> Samples:
        position = self._position
        count = TICK_SAMPLES + correction
        self._stream.fill(position + count)
        self._position = position + count
        if correction == 0:
            return self._stream.ring.read(position, TICK_SAMPLES)
        return stretch(self._stream.ring.read(position - 1, count + 1))

    def _splice(self, position: int) -> None:
        """Go on at ``position``, cross-faded with what would have come."""
        self._keep_tail()
        self._position = position

    def _keep_tail(self) -> None:
        if self._tail is None:
            self._stream.fill(self._position + FADE_SAMPLES)
            self._tail = self._stream.ring.read(self._position, FADE_SAMPLES)

    # --- delay ------------------------------------------------------------------

    def _make_room(self, timestamp: int) -> None:
        """A packet came after its samples were made: wait longer from here on."""
        if not self._grow() and self._position > timestamp:
            return
        self._stream.rewind(timestamp)

    def _grow(self) -> bool:
        """Step back at once to what is wanted; whether there was anything to do."""
        growth = self._target.wanted - self._delay
        if growth <= 0:
            return False
        self._splice(self._position - growth)
        self._delay += growth
        self._shrinking = False
        return True

    def _adjust_delay(self) -> None:
        difference = self._target.wanted - self._delay
        if difference <= -SHRINK_SAMPLES:
            self._shrinking = True
        elif difference >= 0:
            self._shrinking = False
        if difference == 0 or (difference < 0 and not self._shrinking):
            return
        step = max(-STEP_SAMPLES, min(STEP_SAMPLES, difference))
        if self._target.young and self._grow():
            # A source that has just come is better cut once now than concealed soon.
            return
        if self._quiet_around(self._position, step):
            self._splice(self._position - step)
            self._delay += step
        elif self.follows_clock:
            self._delay += max(-CREEP_SAMPLES, min(CREEP_SAMPLES, difference))

    def _quiet_around(self, position: int, step: int) -> bool:
        """Whether leaving out (or repeating) ``step`` samples at ``position`` is inaudible."""
        low = position - max(step, 0)
        high = position - min(step, 0) + FADE_SAMPLES
        if low < self._stream.ring.start:
            return False
        if step < 0:
            if not self._stream.holds_until(high + TICK_SAMPLES):
                return False
            self._stream.fill(high)
        ring = self._stream.ring
        # After a step back in the stream nothing may be there yet.
        piece = ring.read(low, max(min(high, ring.end) - low, 0))
        return bool(len(piece) == 0 or np.abs(piece).max() < QUIET)


def _stretch_table(count: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Taps ``(960, 4)`` and weights of a cubic that makes 960 samples of ``count``.

    Tap 0 is the sample before the block. Catmull-Rom: through all samples, without
    a step in slope.
    """
    places = np.arange(TICK_SAMPLES) * (count / TICK_SAMPLES)
    whole = np.floor(places).astype(np.intp)
    x = places - whole
    weights = np.stack(
        [
            -0.5 * x + x**2 - 0.5 * x**3,
            1 - 2.5 * x**2 + 1.5 * x**3,
            0.5 * x + 2 * x**2 - 1.5 * x**3,
            -0.5 * x**2 + 0.5 * x**3,
        ],
        axis=1,
    )
    # The last taps would be in the next packet, which may not be there yet.
    taps = np.minimum(whole[:, None] + np.arange(4), count)
    return taps, weights.astype(np.float32)


_STRETCH: Final = {
    TICK_SAMPLES + step: _stretch_table(TICK_SAMPLES + step)
    for step in (-HASTE_STEP, -2, -1, 1, 2, HASTE_STEP)
}


def stretch(samples: Samples) -> Samples:
    """960 samples of up to 5 more or fewer, (n,) or (n, 2), with one more in front of them."""
    taps, weights = _STRETCH[len(samples) - 1]
    block: Samples = np.einsum("ij...,ij->i...", samples[taps], weights)
    return block

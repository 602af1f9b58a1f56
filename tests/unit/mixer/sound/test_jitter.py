import av
import numpy as np
import pytest

from mixer.sound.codec import TICK_SAMPLES, EncoderSettings
from mixer.sound.jitter import AudioPacket, JitterBuffer, stretch
from mixer.sound.stream import Drop
from mixer.wire.ids import TICK_NS
from tests.sim.sound_seats import MS, Network, arrivals, library, loop, tone


def buffer() -> JitterBuffer:
    return JitterBuffer(library().decoder())


def test_before_the_first_packet_there_is_silence() -> None:
    block = buffer().read(0)
    assert block.shape == (TICK_SAMPLES,)
    assert block.dtype == np.float32
    assert not block.any()


def test_a_sample_is_played_its_delay_after_its_capture() -> None:
    encoder = library().encoder(EncoderSettings())
    sound = np.zeros(100 * TICK_SAMPLES, np.float32)
    click = 50 * TICK_SAMPLES + 333
    sound[click] = 1
    packets = tuple(encoder.encode(block) for block in sound.reshape(-1, TICK_SAMPLES))
    jitter = buffer()
    sent = arrivals(packets, 100, Network(), start_ns=7 * MS)
    blocks = []
    for tick in range(90):
        while sent and sent[0].at_ns <= tick * TICK_NS:
            jitter.insert(sent[0].packet, sent.pop(0).at_ns)
        blocks.append(jitter.read(tick * TICK_NS))
    played = int(np.abs(np.concatenate(blocks)).argmax())
    wanted_ns = 7 * MS + (click + encoder.lookahead_samples) * 62_500 // 3 + jitter.delay_ns
    assert abs(played * 62_500 // 3 - wanted_ns) <= 1 * MS


@pytest.mark.parametrize("samples", [120, 240, 480, 960, 1920, 2880])
def test_packets_of_any_length_are_played_without_a_gap(samples: int) -> None:
    # PyAV is the only encoder at hand that makes other lengths than a tick.
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format = 48_000, "mono", "flt"
    context.options = {"frame_duration": str(samples / 48), "application": "audio"}
    context.open()
    sound = tone(500, 2 * 48_000)
    jitter = buffer()
    blocks: list[np.ndarray] = []
    tick = 0
    for number in range(len(sound) // samples):
        part = sound[number * samples : (number + 1) * samples]
        frame = av.AudioFrame.from_ndarray(part.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate, frame.pts = 48_000, number * samples
        (packet,) = context.encode(frame)
        captured_ns = number * samples * 62_500 // 3
        at_ns = captured_ns + samples * 62_500 // 3 + 5 * MS
        while tick * TICK_NS < at_ns:
            blocks.append(jitter.read(tick * TICK_NS))
            tick += 1
        jitter.insert(
            AudioPacket(number, number * samples, captured_ns, at_ns, bytes(packet)), at_ns
        )
    assert jitter.counters.lost == 0
    assert jitter.counters.concealed_samples == 0
    played = np.concatenate(blocks)[24_000:]
    assert np.abs(np.diff(played)).max() < 0.02
    assert np.abs(played[-960:]).max() > 0.2


def test_a_pause_announced_by_the_sender_is_not_concealment() -> None:
    jitter = buffer()
    packets = loop(400)
    for tick in range(200):
        now_ns = tick * TICK_NS
        payload = packets[tick % len(packets)] if tick < 50 else packets[0][:1]
        # Discontinuous transmission: one tiny packet each 400 ms, sequence numbers without a gap.
        if tick < 50 or tick % 20 == 10:
            sequence = tick if tick < 50 else 50 + (tick - 50) // 20
            jitter.insert(
                AudioPacket(sequence, tick * TICK_SAMPLES, now_ns, now_ns + MS, payload),
                now_ns + MS,
            )
        jitter.read(now_ns)
    assert jitter.counters.lost == 0
    assert jitter.counters.concealed_samples <= 3 * TICK_SAMPLES


def test_packets_from_another_time_are_dropped_by_name() -> None:
    jitter = buffer()
    payload = loop(400)[0]
    now_ns = 100_000 * MS
    jitter.insert(AudioPacket(1, 0, now_ns + 600 * MS, now_ns, payload), now_ns)
    jitter.insert(AudioPacket(2, 0, now_ns - 3000 * MS, now_ns, payload), now_ns)
    assert jitter.counters.drops == {Drop.FUTURE: 1, Drop.LATE: 1}
    assert not jitter.read(now_ns).any()


def test_another_life_begins_anew_without_a_click() -> None:
    jitter = buffer()
    packets = loop(400)
    blocks = []
    for tick in range(200):
        if tick == 100:
            jitter.restart()
        base = 0 if tick < 100 else 9_000_000
        at_ns = tick * TICK_NS + 5 * MS
        timestamp = base + tick * TICK_SAMPLES
        packet = AudioPacket(base + tick, timestamp, tick * TICK_NS, at_ns, packets[tick % 50])
        jitter.insert(packet, at_ns)
        blocks.append(jitter.read(tick * TICK_NS))
    sound = np.concatenate(blocks)[24_000:]
    assert jitter.resyncs == 1
    assert np.abs(np.diff(sound)).max() < 0.06
    assert np.abs(sound[-960:]).max() > 0.2


@pytest.mark.parametrize("count", [955, 958, 959, 961, 962, 965])
def test_stretching_follows_a_sine(count: int) -> None:
    phase = np.arange(-1, count) * (2 * np.pi * 1000 / 48_000)
    made = stretch(np.sin(phase).astype(np.float32))
    wanted = np.sin(np.arange(960) * (count / 960) * (2 * np.pi * 1000 / 48_000))
    assert made.shape == (960,)
    assert np.abs(made - wanted)[:-6].max() < 0.002
    assert np.abs(made - wanted).max() < 0.15


def test_a_stall_of_this_process_does_not_lengthen_the_delay() -> None:
    jitter = buffer()
    sent = arrivals(loop(400), 300, Network())
    for tick in range(290):
        # From tick 100 to 109 nothing runs; then packets are read first and ticks catch up.
        while sent and sent[0].at_ns <= tick * TICK_NS:
            now_ns = sent[0].at_ns if not 100 <= tick < 110 else 110 * TICK_NS
            jitter.insert(sent[0].packet, now_ns)
            sent.pop(0)
        jitter.read(tick * TICK_NS)
    assert jitter.delay_ns == 55 * MS
    assert jitter.counters.concealed_samples == 0

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.wire.frame import FLAG_REPLAY, Frame
from mixer.wire.ids import Codec
from recorder.matroska import Gap
from recorder.matroska_read import resume_file, scan
from recorder.track import REPAIR_WAIT_NS, Position, RecordDrop, TrackRecorder
from tests.recorder_files import feed, header_of
from tests.recorder_streams import Stream, aac, beeps, opus, video


def begun(stream: Stream, started_ns: int = 0) -> TrackRecorder:
    core = TrackRecorder(started_ns)
    core.stream(stream.codec, stream.life)
    return core


def gaps(core: TrackRecorder, frames: list[Frame], tmp_path: Path, stream: Stream) -> list[Gap]:
    chunks = feed(core, frames)
    core.advance(0)
    core.advance(REPAIR_WAIT_NS)
    chunks += core.take_chunks()
    path = tmp_path / "t.mkv"
    path.write_bytes(header_of(chunks[0], stream) + b"".join(chunk.cluster for chunk in chunks))
    with path.open("rb") as file:
        return scan(file.fileno()).gaps


def test_packets_out_of_order_and_twice_make_the_same_clusters() -> None:
    stream = video(1)
    frames = list(stream.frames)
    for index in range(1, len(frames) - 4, 5):
        frames[index], frames[index + 3] = frames[index + 3], frames[index]
    doubled = [frame for frame in frames for _ in range(2)]
    plain, shuffled = begun(stream), begun(stream)
    for frame in stream.frames:
        plain.frame(frame)
    for frame in doubled:
        shuffled.frame(frame)
    assert [one.cluster for one in shuffled.take_chunks()] == [
        one.cluster for one in plain.take_chunks()
    ]


def test_a_position_names_the_last_packet_in_the_cluster() -> None:
    stream = opus(1)
    core = begun(stream)
    chunks = feed(core, stream.frames[:70], every=30)
    assert [chunk.position.after for chunk in chunks] == [
        stream.frames[29].sequence,
        stream.frames[59].sequence,
        stream.frames[69].sequence,
    ]
    assert {chunk.position.life for chunk in chunks} == {stream.life}


def test_half_a_picture_is_not_counted_as_stored() -> None:
    stream = video(1)
    before = [frame for frame in stream.frames if frame.session_ns < 1_000_000_000]
    key = [frame for frame in stream.frames if frame.session_ns == 1_000_000_000]
    assert len(key) > 1
    chunks = feed(begun(stream), [*before, *key[:-1]])
    assert chunks[-1].position.after == before[-1].sequence


def test_lost_packets_are_a_gap_and_wish_for_a_key_frame(tmp_path: Path) -> None:
    stream = video(1)
    at = next(i for i, frame in enumerate(stream.frames) if frame.session_ns == 400_000_000)
    core = begun(stream)
    found = gaps(core, stream.frames[:at] + stream.frames[at + 2 :], tmp_path, stream)
    assert [(gap.packets, gap.reason) for gap in found] == [(2, "loss")]
    assert found[0].from_tick <= 4000 <= found[0].to_tick + 400
    assert core.lost_packets == 2
    assert core.wants_keyframe()
    assert not core.wants_keyframe()


def test_a_late_repair_within_the_wait_fills_the_gap(tmp_path: Path) -> None:
    stream = opus(1)
    core = begun(stream)
    frames = stream.frames[:10] + stream.frames[11:40]
    assert gaps(core, [*frames, stream.frames[10]], tmp_path, stream) == []
    assert core.units == 40


def test_sound_that_never_came_is_a_gap(tmp_path: Path) -> None:
    stream = opus(1)
    found = gaps(begun(stream), stream.frames[:10] + stream.frames[13:], tmp_path, stream)
    assert found == [Gap(2000, 2600, 3, "loss")]


def test_access_units_that_never_came_are_a_gap(tmp_path: Path) -> None:
    stream = aac(1, beeps(1))
    found = gaps(
        begun(stream, -30_000_000), stream.frames[:10] + stream.frames[12:], tmp_path, stream
    )
    assert [(gap.packets, gap.reason) for gap in found] == [(2, "loss")]


def test_video_begins_with_a_key_frame_and_asks_for_it() -> None:
    stream = video(1)
    core = begun(stream)
    second = [frame for frame in stream.frames if frame.session_ns >= 40_000_000]
    assert core.wants_keyframe()
    chunks = feed(core, second)
    assert chunks[0].first_tick == 10_000
    assert core.drops[RecordDrop.BEFORE_KEYFRAME] == 24
    assert not core.wants_keyframe()


def test_what_was_captured_before_the_session_is_left_out() -> None:
    stream = opus(1)
    chunks = feed(begun(stream, started_ns=500_000_000), stream.frames)
    assert chunks[0].first_tick == 0
    assert chunks[-1].end_tick == 15_000


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.H264])
def test_a_resumed_track_takes_each_packet_once(tmp_path: Path, codec: Codec) -> None:
    stream = video(1, codec)
    whole = feed(begun(stream), stream.frames, every=40)
    path = tmp_path / "t.mkv"
    path.write_bytes(header_of(whole[0], stream) + whole[0].cluster)
    found = resume_file(path)
    assert found is not None
    core = TrackRecorder(0, resumed=found.last, track=found.header.track)
    assert core.position == whole[0].position
    core.stream(stream.codec, stream.life)
    assert not core.wants_keyframe()
    chunks = feed(core, stream.frames[10:], every=1000)
    with path.open("ab") as file:
        file.write(b"".join(chunk.cluster for chunk in chunks))
    with path.open("rb") as opened:
        result = scan(opened.fileno())
    assert result.units == len(stream.units)
    assert result.gaps == []
    assert core.drops[RecordDrop.ALREADY_PASSED] > 0


def test_after_a_restart_the_first_replayed_packets_may_be_out_of_order(tmp_path: Path) -> None:
    stream = opus(1)
    whole = feed(begun(stream), stream.frames[:40], every=40)
    path = tmp_path / "t.mkv"
    path.write_bytes(header_of(whole[0], stream) + whole[0].cluster)
    found = resume_file(path)
    assert found is not None
    core = TrackRecorder(0, resumed=found.last, track=found.header.track)
    core.stream(stream.codec, stream.life)
    feed(core, [stream.frames[41], stream.frames[40], *stream.frames[42:]])
    assert core.units == 60
    assert core.lost_packets == 0


def test_a_new_life_goes_on_in_the_same_file_with_later_times() -> None:
    stream, again = video(1), video(1, start_ns=5_000_000_000)
    core = begun(stream)
    before = feed(core, stream.frames)
    core.stream(again.codec, 8)
    assert core.wants_keyframe()
    after = feed(core, again.frames)
    assert after[0].track is before[0].track
    assert after[0].first_tick == 50_000
    assert after[-1].position == Position(8, again.frames[-1].sequence)


def test_the_same_life_told_again_changes_nothing() -> None:
    stream = video(1)
    core = begun(stream)
    half = len(stream.frames) // 2
    for frame in stream.frames[:half]:
        core.frame(frame)
    core.stream(stream.codec, stream.life)
    for frame in stream.frames[half - 20 :]:
        core.frame(frame)
    assert core.units == len(stream.units)


def test_a_replay_of_an_older_life_is_known_already() -> None:
    stream, again = opus(1), opus(1, start_ns=5_000_000_000)
    core = begun(stream)
    feed(core, stream.frames)
    core.stream(again.codec, 8)
    feed(core, again.frames[:50])
    core.stream(stream.codec, stream.life)
    feed(core, [frame._replace(flags=FLAG_REPLAY) for frame in stream.frames])
    core.stream(again.codec, 8)
    feed(core, [frame._replace(flags=FLAG_REPLAY) for frame in again.frames])
    assert core.units == 200
    assert core.position == Position(8, again.frames[-1].sequence)


def test_a_life_that_is_less_counts_when_it_is_live() -> None:
    stream, again = opus(1), opus(1, start_ns=5_000_000_000)
    core = begun(stream)
    feed(core, stream.frames)
    core.stream(again.codec, stream.life - 1)
    feed(core, again.frames)
    assert core.units == 200


def test_another_codec_needs_another_file() -> None:
    stream, other = video(1), video(1, Codec.H264, start_ns=3_000_000_000)
    core = begun(stream)
    chunks = feed(core, stream.frames)
    core.stream(other.codec, 8)
    chunks += feed(core, other.frames)
    formats = {id(chunk.track): chunk.track.codec for chunk in chunks}
    assert list(formats.values()) == [Codec.VP8, Codec.H264]


def test_a_new_size_stays_in_the_same_file(tmp_path: Path) -> None:
    stream = video(1, Codec.H264, count=25)
    other = video(1, Codec.H264, count=25, start_ns=1_000_000_000, size=(96, 64))
    core = begun(stream)
    chunks = feed(core, stream.frames)
    core.stream(other.codec, 8)
    chunks += feed(core, other.frames)
    assert len({id(chunk.track) for chunk in chunks}) == 1


def test_a_paused_track_keeps_nothing_and_tells_of_it(tmp_path: Path) -> None:
    stream = opus(1)
    core = begun(stream)
    for frame in stream.frames[:20]:
        core.frame(frame)
    core.paused = RecordDrop.STORAGE_FULL
    for frame in stream.frames[20:50]:
        core.frame(frame)
    core.paused = None
    found = gaps(core, stream.frames[50:], tmp_path, stream)
    assert found == [Gap(4000, 10_000, 0, "storage")]
    assert core.drops[RecordDrop.STORAGE_FULL] == 30


def test_a_chunk_that_was_not_stored_is_a_gap_of_the_next(tmp_path: Path) -> None:
    stream = opus(1)
    core = begun(stream)
    lost = feed(core, stream.frames[:30], every=30)[0]
    core.not_stored(lost, RecordDrop.WRITE_FAILED)
    assert gaps(core, stream.frames[30:], tmp_path, stream) == [Gap(0, 6000, 0, "storage")]


def test_times_never_go_back() -> None:
    stream = opus(1, count=10)
    frames = [*stream.frames[:5], stream.frames[5]._replace(session_ns=0), *stream.frames[6:]]
    chunks = feed(begun(stream), frames)
    assert chunks[0].end_tick == 2000
    assert len(chunks) == 1


def test_a_leap_in_time_begins_a_new_cluster() -> None:
    stream = opus(1, count=10)
    late = [frame._replace(session_ns=frame.session_ns + 10**13) for frame in stream.frames[5:]]
    chunks = feed(begun(stream), [*stream.frames[:5], *late])
    assert [chunk.first_tick for chunk in chunks] == [0, 100_001_000]


def test_rubbish_is_counted_and_harms_nothing() -> None:
    stream = opus(1, count=10)
    core = TrackRecorder(0)
    core.frame(stream.frames[0])
    assert core.drops[RecordDrop.UNKNOWN_STREAM] == 1
    core.stream(stream.codec, stream.life)
    core.frame(stream.frames[0]._replace(payload=b"\x00"))
    assert core.drops[RecordDrop.UNREADABLE_PACKET] == 1
    feed(core, stream.frames)
    assert core.units == 10


@given(st.data())
def test_no_stream_of_packets_breaks_a_track(data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from([Codec.VP8, Codec.H264, Codec.OPUS]))
    stream = opus(1, count=20) if codec is Codec.OPUS else video(1, codec, count=5)
    core = begun(stream)
    for frame in data.draw(st.permutations(stream.frames[:20])):
        payload = bytearray(frame.payload)
        for _ in range(data.draw(st.integers(0, 2))):
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
        core.frame(frame._replace(payload=bytes(payload)))
    core.advance(0)
    core.advance(REPAIR_WAIT_NS)
    core.end()
    last = -1
    for chunk in core.take_chunks():
        assert chunk.first_tick > last
        assert chunk.end_tick > chunk.first_tick
        last = chunk.first_tick


def test_the_end_of_a_track_frees_what_waits_behind_a_gap() -> None:
    stream = opus(1, count=10)
    core = begun(stream)
    feed(core, stream.frames[:3] + stream.frames[4:])
    assert core.units == 3
    core.end()
    assert core.units == 9
    assert core.position.after == stream.frames[-1].sequence

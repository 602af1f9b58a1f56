import json
import subprocess
from pathlib import Path

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixer.wire.ids import Codec
from recorder import ebml, matroska
from recorder.matroska import Checkpoint, ClusterBuilder, Gap
from recorder.matroska_read import (
    cluster_intact,
    finish_file,
    read_cluster,
    recover_file,
    resume_file,
    scan,
)
from tests.recorder_files import record, write_stream
from tests.recorder_streams import Stream, aac, beeps, opus, video


def streams() -> list[Stream]:
    return [
        video(1, Codec.VP8, start_ns=250_000_000),
        video(2, Codec.H264, start_ns=250_000_000),
        opus(3, start_ns=250_000_000),
        aac(4, beeps(2), start_ns=250_000_000),
    ]


def decoded_times(path: Path) -> list[float]:
    times: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams[0]):
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            assert frame.time is not None
            times.append(frame.time)
    return times


@pytest.mark.parametrize("stream", streams(), ids=lambda stream: stream.codec.codec.value)
@pytest.mark.parametrize("finished", [False, True])
def test_every_unit_is_read_back_and_decodes(
    tmp_path: Path, stream: Stream, *, finished: bool
) -> None:
    path = tmp_path / "a.mkv"
    write_stream(path, stream)
    if finished:
        assert finish_file(path) is not None
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(container.streams[0]) if packet.size]
    assert len(packets) == len(stream.units)
    if stream.codec.codec is not Codec.H264:
        assert [bytes(packet) for packet in packets] == [unit.payload for unit in stream.units]
    times = decoded_times(path)
    assert len(times) == len(stream.units)
    wanted = [unit.session_ns / 1e9 for unit in stream.units]
    assert max(abs(a - b) for a, b in zip(times, wanted, strict=True)) <= 0.0001


@pytest.mark.parametrize("stream", streams(), ids=lambda stream: stream.codec.codec.value)
def test_ffprobe_finds_nothing_to_complain_about(tmp_path: Path, stream: Stream) -> None:
    path = tmp_path / "a.mkv"
    write_stream(path, stream)
    finish_file(path)
    done = subprocess.run(
        ["ffprobe", "-v", "warning", "-err_detect", "crccheck+bitstream", "-count_frames",
         "-show_streams", "-show_format", "-of", "json", str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert int(told["streams"][0]["nb_read_frames"]) == len(stream.units)
    assert float(told["format"]["duration"]) == pytest.approx(2.25, abs=0.05)
    assert told["streams"][0]["tags"]["SEAT"] == "hunan"


def test_a_finished_file_can_be_searched(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_stream(path, video(1, count=250), every=20)
    finish_file(path)
    with av.open(str(path)) as container:
        container.seek(7_200_000)
        packet = next(iter(container.demux(video=0)))
        assert packet.is_keyframe
        assert packet.pts is not None
        assert 6.0 <= float(packet.pts * packet.time_base) <= 7.2


def test_finishing_twice_gives_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_stream(path, opus(1))
    finish_file(path)
    once = path.read_bytes()
    finish_file(path)
    assert path.read_bytes() == once


def test_a_finished_file_can_be_continued(tmp_path: Path) -> None:
    stream = opus(1)
    path, other = tmp_path / "a.mkv", tmp_path / "b.mkv"
    chunks = write_stream(path, stream, every=30)
    write_stream(other, stream, every=30)
    path.write_bytes(path.read_bytes()[: -len(chunks[-1].cluster)])
    finish_file(path)
    found = resume_file(path)
    assert found is not None
    with path.open("ab") as file:
        file.write(chunks[-1].cluster)
    finish_file(path)
    finish_file(other)
    assert path.read_bytes() == other.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.0, 1.0), garbage=st.binary(max_size=64))
def test_cut_anywhere_a_file_keeps_its_whole_clusters(
    tmp_path: Path, share: float, garbage: bytes
) -> None:
    path = tmp_path / "a.mkv"
    chunks = write_stream(path, video(1, count=50), every=12)
    whole = path.read_bytes()
    ends = [len(whole)]
    for chunk in reversed(chunks):
        ends.insert(0, ends[0] - len(chunk.cluster))
    cut = round(share * len(whole))
    content = whole[:cut] + (garbage if cut < len(whole) else b"")
    kept = sum(end <= cut for end in ends[1:])
    for how in (recover_file, resume_file):
        path.write_bytes(content)
        found = how(path)
        if not kept:
            assert found is None
            assert not path.exists()
            continue
        assert found is not None
        assert path.read_bytes() == whole[: ends[kept]]
        assert found.last is not None
        assert (found.last.life, found.last.after) == chunks[kept - 1].position


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_torn_cluster_at_the_end_is_found_by_its_crc(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a.mkv"
    chunks = write_stream(path, opus(1), every=10)
    content = bytearray(path.read_bytes())
    last = len(chunks[-1].cluster)
    at = data.draw(st.integers(len(content) - last + 12, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    found = resume_file(path)
    assert found is not None
    assert path.stat().st_size == len(content) - last
    assert found.last is not None
    assert found.last.after == chunks[-2].position.after


def test_media_that_looks_like_a_trailer_does_not_mislead(tmp_path: Path) -> None:
    stream = opus(1, count=20)
    stream.frames = [
        frame._replace(payload=frame.payload + matroska.CHECKPOINT_MAGIC) for frame in stream.frames
    ]
    path = tmp_path / "a.mkv"
    chunks = write_stream(path, stream, every=5)
    path.write_bytes(path.read_bytes()[:-30])
    found = resume_file(path)
    assert found is not None
    assert found.last is not None
    assert found.last.after == chunks[-2].position.after


def test_a_scan_counts_units_and_gaps(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    write_stream(path, opus(1), every=10)
    with path.open("rb") as file:
        found = scan(file.fileno())
        assert found.units == 100
        assert found.gaps == []
        assert len(found.clusters) == 10
        assert all(cluster_intact(file.fileno(), place) for place in found.clusters)
        assert found.header.track.codec is Codec.OPUS
        assert found.header.tags["TITLE"] == "湖南"


@pytest.mark.parametrize("content", [b"", b"\x1a\x45\xdf\xa3", b"RIFF" * 30, b"\x00" * 300])
def test_a_file_that_is_not_ours_holds_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(content)
    assert recover_file(path) is None


@given(st.binary(max_size=200))
def test_a_cluster_read_from_any_bytes_is_one_or_an_error(data: bytes) -> None:
    chunk = record(opus(1, count=3))[0]
    path = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")
    file = path / "lianxian-cluster-test"
    for content in (data, chunk.cluster[:20] + data):
        file.write_bytes(content)
        with file.open("rb") as opened, pytest.raises(ebml.EbmlError):
            read_cluster(opened.fileno(), 0, len(content))
    file.unlink()


def test_a_builder_takes_what_sixteen_bits_of_time_reach() -> None:
    builder = ClusterBuilder()
    assert builder.fits(5_000_000)
    builder.add(5_000_000, b"a", keyframe=True)
    assert builder.fits(5_000_000 + matroska.MAX_CLUSTER_TICKS)
    assert not builder.fits(5_000_001 + matroska.MAX_CLUSTER_TICKS)
    assert not builder.fits(4_999_999)


def test_a_checkpoint_with_many_gaps_comes_back() -> None:
    gaps = tuple(Gap(n * 1_000_000, n * 1_000_000 + 7, n, "loss") for n in range(32))
    checkpoint = Checkpoint(1 << 62, 1 << 40, 1, 5, 5, 5, 9, gaps)
    builder = ClusterBuilder()
    builder.add(5, b"x" * 9, keyframe=True)
    cluster = builder.build(checkpoint)
    total, size = matroska.read_trailer(cluster[-matroska.TRAILER_BYTES :])
    assert total == len(cluster)
    end = len(cluster) - matroska.TRAILER_BYTES
    assert matroska.decode_checkpoint(cluster[end - size : end]) == checkpoint

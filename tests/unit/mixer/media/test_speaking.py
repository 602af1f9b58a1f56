from typing import cast

from mixer.forward.interface import AudioLevel, Fanout
from mixer.media.speaking import LOOK_NS, Speaking
from mixer.media.streams import stream_of
from mixer.wire.control import ActiveSpeaker, Event
from mixer.wire.ids import PublicationId

HALL, SITE = PublicationId(10), PublicationId(11)


class Levels:
    def __init__(self) -> None:
        self.speaking = HALL
        self.readings = 0

    def audio_levels(self, _now_ns: int) -> list[AudioLevel]:
        self.readings += 1
        stream = stream_of(self.speaking, 0)
        return [AudioLevel(stream, 5, 30.0, 30, 5)]


def test_a_change_is_told_once_and_again_to_a_new_server() -> None:
    levels = Levels()
    told: list[Event] = []
    speaking = Speaking(cast("Fanout", levels), told.append)
    speaking.forget()
    assert told == []
    for index in range(100):
        speaking.tick(index * LOOK_NS // 5)
    assert levels.readings == 20
    assert told == [ActiveSpeaker(publication=HALL)]
    levels.speaking = SITE
    for index in range(100, 300):
        speaking.tick(index * LOOK_NS // 5)
    assert told == [ActiveSpeaker(publication=HALL), ActiveSpeaker(publication=SITE)]
    speaking.forget()
    assert told[-1] == ActiveSpeaker(publication=SITE)
    assert len(told) == 3

"""Server and picture die in any order, at any point of a command: the same picture is on air."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mixer.wire.ids import WorkerKind
from mixer.wire.picture import PictureProgramme, PreviewScene, Scene
from mixer.wire.resources import OnAir, Resource
from server.translate import wanted
from server.workers.reconcile import applied, difference
from signaling.programme.commands import ProgrammeCommand
from signaling.programme.core import Programme
from signaling.programme.state import ProgrammeState
from tests.unit.server.test_translate_picture import model
from tests.unit.signaling.programme.test_any_order import commands, made, step

DIES_STORED, DIES_TOLD, NOBODY = "stored", "told", "nobody"
Step = tuple[ProgrammeCommand, str, bool]
steps = st.lists(
    st.tuples(commands, st.sampled_from([NOBODY, NOBODY, DIES_STORED, DIES_TOLD]), st.booleans()),
    max_size=30,
)


class House:
    """A server with its store, and the workers that hold what it told them."""

    def __init__(self) -> None:
        self.core: Programme = made()
        self.store = b""
        self.held: dict[WorkerKind, dict[str, Resource]] = {
            WorkerKind.PICTURE: {},
            WorkerKind.SOUND: {},
        }
        self.keep()
        self.tell()

    def keep(self) -> None:
        self.store = msgspec.json.encode(self.core.state)

    def stored(self) -> ProgrammeState:
        return msgspec.json.decode(self.store, type=ProgrammeState)

    def wanted(self, kind: WorkerKind) -> list[Resource]:
        return wanted(kind, msgspec.structs.replace(model(), state=self.core.state))

    def tell(self) -> None:
        """As after each change, and when a worker or the server is back."""
        for kind, held in self.held.items():
            apply = difference(self.wanted(kind), held, lambda _key: False)
            self.held[kind] = applied(held, apply)

    def scene(self) -> Scene:
        (found,) = [one for one in self.held[WorkerKind.PICTURE].values() if isinstance(one, Scene)]
        return found

    def restart(self) -> None:
        self.core = made(self.stored())
        self.tell()


@given(steps)
def test_what_was_on_air_is_on_air_again_and_never_goes_back(sequence: list[Step]) -> None:
    house, now_ms = House(), 0
    for command, dies, picture_dies in sequence:
        now_ms += 500
        seen = house.scene()
        step(house.core, command, now_ms)
        house.keep()
        if dies == DIES_STORED:
            house.restart()
        else:
            house.tell()
            if dies == DIES_TOLD:
                before = house.scene()
                house.restart()
                assert house.scene() == before
        if picture_dies:
            before = house.scene()
            house.held[WorkerKind.PICTURE].clear()
            house.tell()
            assert house.scene() == before
        assert house.scene().revision >= seen.revision
        assert house.scene().revision == house.stored().revision
        for kind, held in house.held.items():
            assert held == {one.key: one for one in house.wanted(kind)}
        for what in (PictureProgramme, PreviewScene):
            assert any(isinstance(one, what) for one in house.held[WorkerKind.PICTURE].values())
        assert any(isinstance(one, OnAir) for one in house.held[WorkerKind.SOUND].values())

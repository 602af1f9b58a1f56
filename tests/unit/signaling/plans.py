"""Events that tests need."""

from signaling.event import Event, Seat, SeatKind
from signaling.wire.roles import Role
from signaling.wire.state import CueView, SceneView


def seat(name: str, kind: SeatKind = SeatKind.REMOTE, order: int = 0) -> Seat:
    role = {SeatKind.HALL: Role.OPERATOR, SeatKind.REMOTE: Role.MEMBER}.get(kind, Role.DIRECTOR)
    return Seat(id=name, kind=kind, role=role, name=f"名{name}", name_en=name, order=order)


def event(sites: int = 3) -> Event:
    """Two halls, some sites, a director's desk; cues ``both`` and ``all``."""
    names = [("north", SeatKind.HALL), ("south", SeatKind.HALL)]
    names += [(f"site-{n}", SeatKind.REMOTE) for n in range(sites)]
    names += [("director", SeatKind.DESK)]
    seats = tuple(seat(name, kind, order) for order, (name, kind) in enumerate(names))
    stage = [one.id for one in seats if one.on_stage]
    cues = (
        CueView(
            id="both",
            title="两个会场",
            title_en="Both",
            scene=SceneView(layout="two_halls", slots=["north", "south"]),
            captions=[],
        ),
        CueView(
            id="all",
            title="全体",
            title_en="All",
            scene=SceneView(layout="grid", slots=stage),
            captions=[],
        ),
    )
    return Event(slug="test", title="测试", title_en="Test", seats=seats, cues=cues)

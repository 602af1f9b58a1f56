"""The processes: their order, their entry points, how one is started."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import time
from typing import TYPE_CHECKING

import msgspec

from mixer.wire.boot import Boot
from mixer.wire.ids import WorkerKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.context import ForkServerContext, ForkServerProcess

    from server.settings import Settings

SERVER = "server"
START_ORDER = (SERVER, "media", "sound", "picture", "recorder")
STOP_ORDER = ("recorder", "picture", "sound", "media", SERVER)
ENTRIES = {
    SERVER: "server.process",
    "media": "mixer.media.worker",
    "sound": "mixer.sound.worker",
    "picture": "mixer.picture.worker",
    "recorder": "recorder.worker",
}
EXIT_UNUSABLE = 3
"""A child that cannot work as configured (port taken) exits with this: no restart helps."""


class ChildStart(msgspec.Struct, frozen=True):
    """What a fresh process needs; crosses by pickle."""

    name: str
    module: str
    boot: Boot
    settings: bytes


def preload(entries: Mapping[str, str]) -> ForkServerContext:
    """The fork server, with the modules of every child imported once."""
    # OpenBLAS would start threads in the fork server, which must have none.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*entries.values(), "server.supervisor.children"])
    return context


def mint_epoch() -> int:
    """A number no earlier life had: milliseconds of Unix time."""
    return time.time_ns() // 1_000_000


def make_boot(name: str, settings: Settings) -> Boot:
    """What a child is told. The server has no worker kind and borrows media's."""
    return Boot(
        kind=WorkerKind.MEDIA if name == SERVER else WorkerKind(name),
        epoch=mint_epoch(),
        run_dir=settings.run_path,
        data_dir=settings.data_dir.resolve(),
        log_level=settings.log_level,
        log_format=settings.log_format,
        redact_addresses=settings.redact_addresses,
        udp_host=settings.udp_host,
        udp_port=settings.udp_port,
        ice_tcp=settings.ice_tcp,
        tcp_port=settings.tcp_port,
        advertised_addresses=settings.advertised_addresses,
        compiled=settings.compiled,
    )


def run_child(start: ChildStart, lifeline: object) -> None:
    """First function of a child process."""
    entry = importlib.import_module(start.module)
    if start.name == SERVER:
        from server.settings import Settings  # noqa: PLC0415  workers do not need pydantic

        entry.main(start.boot, Settings.model_validate_json(start.settings), lifeline)
    else:
        entry.main(start.boot, lifeline)


def start_child(
    context: ForkServerContext, name: str, module: str, settings: Settings, lifeline: object
) -> tuple[ForkServerProcess, Boot]:
    """Fork a child. The caller watches ``process.sentinel``."""
    boot = make_boot(name, settings)
    start = ChildStart(
        name=name, module=module, boot=boot, settings=settings.model_dump_json().encode()
    )
    process = context.Process(target=run_child, args=(start, lifeline), name=f"lianxian-{name}")
    process.start()
    return process, boot

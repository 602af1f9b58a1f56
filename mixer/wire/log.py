"""Structured logs, the same in every process.

Lines carry process, epoch and, once known, event and seat; what libraries log by `logging`
joins them. Addresses of people are shortened when `Boot.redact_addresses` is set; secrets
are never passed.
"""

from __future__ import annotations

import logging
import re
import sys
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from .boot import Boot

_IPV4 = re.compile(r"\b(\d{1,3}\.\d{1,3})\.\d{1,3}\.\d{1,3}\b")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])")
_PUBLIC_KEYS = frozenset({"event", "timestamp", "level", "process"})


def _network_half(found: re.Match[str]) -> str:
    """An IPv6 address by its first 32 bits; what only looks like one stays as it is."""
    try:
        groups = IPv6Address(found[0]).exploded.split(":")
    except ValueError:
        return found[0]
    return f"{groups[0]}:{groups[1]}:..."


def redacted(value: object) -> object:
    """The value without the second half of the addresses in its texts, at any depth."""
    if isinstance(value, str):
        return _IPV6.sub(_network_half, _IPV4.sub(r"\1.x.x", value))
    if isinstance(value, dict):
        return {key: redacted(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(part) for part in value]
    return value


def redact_addresses(
    _logger: object, _method: str, entry: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Processor: keep only the network half of addresses in values."""
    for key, value in entry.items():
        if key not in _PUBLIC_KEYS:
            entry[key] = redacted(value)
    return entry


class LibraryLog(logging.Handler):
    """Gives what libraries log the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line ``library.log`` with the library's name and sentence."""
        try:
            structlog.get_logger().log(
                record.levelno,
                "library.log",
                library=record.name,
                text=record.getMessage(),
                exc_info=record.exc_info,
            )
        except Exception:  # noqa: BLE001  told as `logging` tells it; the library goes on
            self.handleError(record)


def configure_logging(boot: Boot, process: str) -> None:
    """Send structlog and `logging` to standard error. Call once, at the start of a process."""
    _configure(boot.log_level, boot.log_format, redact=boot.redact_addresses)
    structlog.contextvars.bind_contextvars(process=process, epoch=boot.epoch)


def configure_command_logging(process: str) -> None:
    """The same for a command that is no child of the supervisor.

    structlog's own default would print local variables, and so links, with a traceback.
    """
    _configure("info", "console", redact=True)
    structlog.contextvars.bind_contextvars(process=process)


def _configure(log_level: str, log_format: str, *, redact: bool) -> None:
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if redact:
        processors.append(redact_addresses)
    if log_format == "json":
        processors.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    else:
        processors.append(structlog.dev.ConsoleRenderer(colors=False))
    level = logging.getLevelNamesMapping()[log_level.upper()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[LibraryLog()], level=logging.WARNING, force=True)
    structlog.contextvars.clear_contextvars()

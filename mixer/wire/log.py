"""Structured logs, the same in every process.

Lines carry process, epoch and, once known, event and seat. Addresses of people
are shortened when `Boot.redact_addresses` is set; secrets are never passed.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from .boot import Boot

_IPV4 = re.compile(r"\b(\d{1,3}\.\d{1,3})\.\d{1,3}\.\d{1,3}\b")
_IPV6 = re.compile(r"\b((?:[0-9a-fA-F]{1,4}:){2})[0-9a-fA-F:]{3,}")
_PUBLIC_KEYS = frozenset({"event", "timestamp", "level", "process"})


def redact_addresses(
    _logger: object, _method: str, entry: MutableMapping[str, object]
) -> MutableMapping[str, object]:
    """Processor: keep only the network half of addresses in values."""
    for key, value in entry.items():
        if key not in _PUBLIC_KEYS and isinstance(value, str):
            entry[key] = _IPV6.sub(r"\1...", _IPV4.sub(r"\1.x.x", value))
    return entry


def configure_logging(boot: Boot, process: str) -> None:
    """Send structlog to standard error. Call once, at the start of a process."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if boot.redact_addresses:
        processors.append(redact_addresses)
    if boot.log_format == "json":
        processors.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    else:
        processors.append(structlog.dev.ConsoleRenderer(colors=False))
    level = logging.getLevelNamesMapping()[boot.log_level.upper()]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(process=process, epoch=boot.epoch)

"""Settings: ``config/default.toml``, then a file of the administrator, then variables."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
_INSTALLED_CONFIG_DIR = Path(sys.prefix) / "share" / "lianxian" / "config"
CONFIG_DIR = ROOT / "config" if (ROOT / "config").is_dir() else _INSTALLED_CONFIG_DIR
SAMPLE_EVENT = CONFIG_DIR / "jing-xiang.toml"
ENVIRONMENT_PREFIX = "LIANXIAN_"
MAX_ICE_SERVERS = 8
_ICE_URI = re.compile(
    r"(stuns?:|turns?:)([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?"
    r"(\?transport=(udp|tcp))?"
)
_LISTS = {"advertised_addresses", "ice_servers"}
MAX_SOCKET_PATH = 100
"""A Unix socket's path has at most 107 bytes; leave room for the name."""


HEIGHTS = (720, 1080)
FRAME_RATES = (25, 30)
"""Of the programme; what `mixer.wire.picture.PictureProgramme` takes."""


def one_of(value: int, allowed: tuple[int, ...]) -> int:
    """``value`` itself. Raises ValueError that names what is allowed."""
    if value not in allowed:
        raise ValueError(f"allowed are {' and '.join(map(str, allowed))}")
    return value


class SettingsError(Exception):
    """A setting cannot be used; the text names file or variable, field and what is allowed."""


class Settings(BaseModel):
    """All settings; `config/default.toml` tells what each is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Path("data")
    run_dir: str = ""
    event: str = ""
    http_host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    udp_host: str = "127.0.0.1"
    udp_port: int = Field(50000, ge=0, le=65535)
    ice_tcp: bool = True
    tcp_port: int = Field(0, ge=0, le=65535)
    advertised_addresses: tuple[str, ...] = ()
    ice_servers: tuple[str, ...] = ()
    turn_secret_file: str = ""
    turn_hours: float = Field(24, ge=0.01, le=24 * 31)
    public_url: str = ""
    link_hours: int = Field(72, ge=1, le=24 * 366)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    redact_addresses: bool = True
    compiled: bool = True
    programme_height: int = 720
    programme_frame_rate: int = 25
    record_master: bool = False
    master_kbps: int = Field(8000, ge=2000, le=20_000)
    multiview: bool = False

    @field_validator("http_host")
    @classmethod
    def _loopback_only(cls, value: str) -> str:
        if value != "localhost" and not ip_address(value).is_loopback:
            msg = "plain HTTP is served on this machine only: allowed are 127.0.0.1, ::1, localhost"
            raise ValueError(msg)
        return value

    @field_validator("programme_height")
    @classmethod
    def _height(cls, value: int) -> int:
        return one_of(value, HEIGHTS)

    @field_validator("programme_frame_rate")
    @classmethod
    def _frame_rate(cls, value: int) -> int:
        return one_of(value, FRAME_RATES)

    @field_validator("udp_host")
    @classmethod
    def _address(cls, value: str) -> str:
        ip_address(value)
        return value

    @field_validator("advertised_addresses")
    @classmethod
    def _addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            ip_address(address)
        return value

    @field_validator("ice_servers")
    @classmethod
    def _ice_uris(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for uri in value:
            if _ICE_URI.fullmatch(uri) is None:
                msg = f"{uri[:80]}: write stun:HOST:PORT or turn:HOST:PORT?transport=udp (RFC 7065)"
                raise ValueError(msg)
        if len(value) > MAX_ICE_SERVERS:
            msg = f"at most {MAX_ICE_SERVERS}"
            raise ValueError(msg)
        return value

    @field_validator("turn_secret_file")
    @classmethod
    def _turn_needs_its_secret(cls, value: str, told: ValidationInfo) -> str:
        if not value and any(uri.startswith("turn") for uri in told.data.get("ice_servers", ())):
            msg = "a TURN server in ice_servers needs the file of its secret"
            raise ValueError(msg)
        return value

    @property
    def event_file(self) -> Path:
        """The event to import at start."""
        return Path(self.event) if self.event else SAMPLE_EVENT

    @property
    def base_url(self) -> str:
        """What links begin with, without a slash at the end."""
        host = f"[{self.http_host}]" if ":" in self.http_host else self.http_host
        host = "localhost" if host == "127.0.0.1" else host
        return self.public_url.rstrip("/") or f"http://{host}:{self.http_port}"

    @property
    def run_path(self) -> Path:
        """Folder of the Unix sockets; short enough for their names."""
        if self.run_dir:
            return Path(self.run_dir).resolve()
        path = self.data_dir.resolve() / "run"
        if len(str(path).encode()) <= MAX_SOCKET_PATH - len("/control.sock"):
            return path
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
        if not base.is_dir():
            base = Path("/tmp")  # noqa: S108  the folder below is made private and checked
        return base / f"lianxian-{os.getuid()}-{abs(hash_path(path)):x}"


def hash_path(path: Path) -> int:
    """A number that tells data folders apart, the same in every process."""
    return int.from_bytes(hashlib.sha256(str(path).encode()).digest()[:6], "big")


def _from_file(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in Settings.model_fields:
        text = environment.get(ENVIRONMENT_PREFIX + name.upper())
        if text is not None:
            values[name] = tuple(text.split(",")) if name in _LISTS else text
    return values


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **overrides: object,
) -> Settings:
    """Defaults, then ``file``, then ``LIANXIAN_*``, then ``overrides`` that are not None.

    Raises `SettingsError`.
    """
    values = _from_file(CONFIG_DIR / "default.toml")
    origin = dict.fromkeys(values, "config/default.toml")
    layers = [
        (str(file), _from_file(file) if file else {}),
        ("environment", _from_environment(os.environ if environment is None else environment)),
        ("command line", {name: value for name, value in overrides.items() if value is not None}),
    ]
    for name, layer in layers:
        values.update(layer)
        origin.update(dict.fromkeys(layer, name))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [
            f"{origin.get(str(fault['loc'][0]), '?')}: {'.'.join(map(str, fault['loc']))}: "
            f"{fault['msg']} (given: {fault['input']!r})"
            for fault in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from error

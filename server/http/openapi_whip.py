"""WHIP and WHEP in the OpenAPI description: their bodies are session descriptions, not JSON."""

from __future__ import annotations

from typing import Any, Final

from server.whip.fragment import MEDIA_TYPE as FRAGMENT

_SDP: Final = {"content": {"application/sdp": {"schema": {"type": "string"}}}}
_FRAGMENT: Final = {"content": {FRAGMENT: {"schema": {"type": "string"}}}}
_NAMES: Final = {
    "whip": ("Send picture and sound of a seat (RFC 9725)", "right `publish`"),
    "whep": ("Play the programme with the seat's return (WHEP)", "right `receive`"),
}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "string"}}


def _parameter(name: str, where: str, values: tuple[str, ...] = ()) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if values:
        schema["enum"] = list(values)
    return {"name": name, "in": where, "required": where == "path", "schema": schema}


def _open(kind: str, refused: dict[str, Any]) -> dict[str, Any]:
    summary, right = _NAMES[kind]
    parameters = [_parameter("seat", "path")]
    if kind == "whep":
        sounds = ("return", "programme", "none")
        parameters.append(_parameter("sound", "query", sounds))
        parameters.append(_parameter("layer", "query", ("main", "low", "auto")))
    return {
        "operationId": f"{kind}_open",
        "summary": summary,
        "description": f"Needs {right} and a token of this seat.",
        "security": [{"link": []}],
        "parameters": parameters,
        "requestBody": {"required": True, **_SDP},
        "responses": {
            "201": {
                "description": "The answer",
                "headers": {
                    "Location": _header("The session, for PATCH and DELETE by the same token"),
                    "ETag": _header("Names the ICE session"),
                    "Link": _header('A STUN or TURN server, `rel="ice-server"`'),
                },
                **_SDP,
            },
            "default": refused,
        },
    }


def _patch(kind: str, refused: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"{kind}_patch",
        "summary": "Candidates, or with other credentials an ICE restart",
        "description": "By the token that opened the session.",
        "security": [{"link": []}],
        "parameters": [
            _parameter("seat", "path"),
            _parameter("session", "path"),
            {**_parameter("If-Match", "header"), "required": True},
        ],
        "requestBody": {"required": True, **_FRAGMENT},
        "responses": {
            "200": {"description": "ICE was restarted", **_FRAGMENT},
            "204": {"description": "Candidates were taken note of"},
            "default": refused,
        },
    }


def _close(kind: str, refused: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": f"{kind}_close",
        "summary": "End the session",
        "description": "By the token that opened the session.",
        "security": [{"link": []}],
        "parameters": [_parameter("seat", "path"), _parameter("session", "path")],
        "responses": {"200": {"description": "It has ended"}, "default": refused},
    }


def whip_paths(refused: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Paths with their operations; ``refused`` describes every answer that is an error."""
    paths: dict[str, dict[str, Any]] = {}
    for kind in _NAMES:
        paths[f"/{kind}/{{seat}}"] = {"post": _open(kind, refused)}
        paths[f"/{kind}/{{seat}}/{{session}}"] = {
            "patch": _patch(kind, refused),
            "delete": _close(kind, refused),
        }
    return paths

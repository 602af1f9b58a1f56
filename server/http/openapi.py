"""The OpenAPI description, made from the table of routes and the msgspec types."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import msgspec

from signaling.wire.rest import RestError

from .openapi_whip import whip_paths
from .route import Route
from .routes import ROUTES

_REFERENCE = "#/components/schemas/{name}"
_FILE_PATH = "/api/v1/sessions/{name}/files/{path}"


def _body(kind: type) -> dict[str, Any]:
    reference = {"$ref": _REFERENCE.format(name=kind.__name__)}
    return {"content": {"application/json": {"schema": reference}}}


def _parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _operation(route: Route) -> dict[str, Any]:
    needs = "any valid link" if route.right is None else f"right `{route.right.value}`"
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{route.path.replace('/', '_')}",
        "summary": route.summary,
        "description": f"Needs {needs}.",
        "security": [{"link": []}],
        "responses": {
            "200": {"description": "Done", **_body(route.gives)},
            "default": {"description": "Refused", **_body(RestError)},
        },
    }
    parameters = _parameters(route.path)
    if parameters:
        operation["parameters"] = parameters
    if route.takes is not None:
        operation["requestBody"] = {"required": True, **_body(route.takes)}
    return operation


def _file_operation() -> dict[str, Any]:
    token = {"name": "token", "in": "query", "required": False, "schema": {"type": "string"}}
    return {
        "operationId": "get_file",
        "summary": "A file of a recording; byte ranges are understood",
        "description": "Needs right `download_archive`, or a token from `file-token`.",
        "security": [{"link": []}, {}],
        "parameters": [*_parameters(_FILE_PATH), token],
        "responses": {
            "200": {"description": "The whole file"},
            "206": {"description": "A part of it"},
            "default": {"description": "Refused", **_body(RestError)},
        },
    }


def openapi() -> dict[str, Any]:
    """The whole description (OpenAPI 3.1)."""
    kinds: list[type] = [RestError]
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        kinds += [kind for kind in (route.gives, route.takes) if kind is not None]
        path = paths.setdefault(f"/api/v1{route.path}", {})
        path[route.method.lower()] = _operation(route)
    paths[_FILE_PATH] = {"get": _file_operation()}
    paths |= whip_paths({"description": "Refused", **_body(RestError)})
    _, schemas = msgspec.json.schema_components(list(dict.fromkeys(kinds)), ref_template=_REFERENCE)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lianxian", "version": importlib.metadata.version("lianxian")},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "link": {"type": "http", "scheme": "bearer", "description": "Token of a link."}
            },
        },
    }

import re
from typing import Any

import aiohttp

from server.application import Application
from server.http.openapi import openapi
from server.http.routes import ROUTES
from signaling.wire import rest


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(one) for one in node.values())) if node else own
    if isinstance(node, list):
        return set().union(*(references(one) for one in node)) if node else set()
    return set()


async def test_it_is_readable_without_signing_in(application: Application) -> None:
    url = f"http://127.0.0.1:{application.port}/api/openapi.json"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        assert (await response.json())["openapi"].startswith("3.1")


def test_every_operation_is_described() -> None:
    paths = openapi()["paths"]
    for route in ROUTES:
        operation = paths[f"/api/v1{route.path}"][route.method.lower()]
        assert operation["summary"]
        assert ("requestBody" in operation) == (route.takes is not None)
        names = re.findall(r"\{(\w+)\}", route.path)
        assert [one["name"] for one in operation.get("parameters", [])] == names
    identities = [one["operationId"] for path in paths.values() for one in path.values()]
    assert len(set(identities)) == len(identities)


def test_every_reference_leads_somewhere() -> None:
    described = openapi()
    schemas = described["components"]["schemas"]
    for reference in references(described):
        assert reference.rpartition("/")[2] in schemas


def test_every_body_of_the_wire_is_used() -> None:
    named = set(openapi()["components"]["schemas"])
    bodies = {
        name
        for name, one in vars(rest).items()
        if isinstance(one, type) and one.__module__ == rest.__name__
    }
    assert bodies - named == set()

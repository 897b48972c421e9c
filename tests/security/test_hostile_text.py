"""No text that anybody may send breaks the server: it is stored, or refused by name.

PostgreSQL refuses NUL, neither database stores half of a surrogate pair, and everything else has to survive the
way in and out. The routes and bodies are those of the access matrix, and the queries those of the API's own
description, so new ones are tried too.
"""

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from tests.api.access_matrix import PUBLIC
from tests.api.rest import error_of
from tests.api.test_access_matrix import OURS, World, world
from tests.factories import PASSWORD
from tests.security.rows import ROWS, is_rest, url_of

__all__ = ["world"]  # The fixture.

TEXTS = {
    "nul": "a\0b",
    "half pair": "a\ud800b",
    "too long": "x" * 150_000,
    "sql": "'; DROP TABLE orgs_user; --%_\\",
    "markup": "<script>alert(1)</script>{{7*7}}{% now %}%s %(a)s {0}",
    "controls": "\u202egnp\u2066\u0085a\r\nSet-Cookie: a=b",
    "path": "../../etc/passwd",
    "digits": "²³١٢",
    "number": "9" * 400,
}
UNSTORABLE = {"nul", "half pair"}
# What pages read from their addresses.
PAGE_QUERIES = ["page", "next", "org", "q", "tab"]


def with_text(value: Any, text: str) -> Any:
    """Return the value with `text` in place of every text within."""
    if isinstance(value, str):
        return text
    if isinstance(value, dict):
        return {key: with_text(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [with_text(item, text) for item in value]
    return value


def encoded(text: str) -> bytes:
    return text[:3000].encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("name", TEXTS)
def test_in_every_field_of_every_body(world: World, name: str) -> None:
    client = world.client("superuser", is_api=True)
    for row in (row for row in ROWS if row.method != "GET" and row.body and is_rest(row)):
        for field, value in row.body.items():
            body = json.dumps({**row.body, field: with_text(value, TEXTS[name])})
            send = getattr(client, row.method.lower())
            response = send(url_of(row, world), body, content_type="application/json")
            assert response.status_code < 500, f"{row} {field}"
            if name in UNSTORABLE and isinstance(value, str):
                assert response.status_code >= 400, f"{row} {field}"
            if response.status_code >= 400:
                error_of(response)


@pytest.mark.parametrize("name", TEXTS)
def test_in_every_argument_of_every_address(world: World, name: str) -> None:
    text = quote(encoded(TEXTS[name]), safe="")
    clients = {is_api: world.client("superuser", is_api=is_api) for is_api in (True, False)}
    for row in (row for row in ROWS if row.method == "GET"):
        url = url_of(row, world)
        for argument in OURS[row.route].arguments:
            path = url.replace(f"/{world.arguments[argument]}", f"/{text}", 1)
            response = clients[is_rest(row)].get(path)
            # A second look at who asks comes before any look at what is asked for.
            asks_again = "/accounts/reauthenticate/" in response.headers.get("Location", "")
            assert asks_again or response.status_code == 404, f"{row} {argument}"
            if is_rest(row):
                error_of(response)


def queries_of_the_api() -> dict[str, list[str]]:
    """Return the query parameters of each path, as the API describes them."""
    generator: Any = SchemaGenerator  # drf-spectacular's own has no types.
    paths = generator().get_schema(public=True)["paths"]
    return {
        path: [p["name"] for p in operations["get"].get("parameters", []) if p["in"] == "query"]
        for path, operations in paths.items()
        if "get" in operations
    }


@pytest.mark.parametrize("name", TEXTS)
def test_in_every_query(world: World, name: str) -> None:
    described = queries_of_the_api()
    clients = {is_api: world.client("superuser", is_api=is_api) for is_api in (True, False)}
    for row in (row for row in ROWS if row.method == "GET"):
        url = url_of(row, world)
        template = (
            reverse(row.route, kwargs={n: f"__{n}__" for n in OURS[row.route].arguments})
            if is_rest(row)
            else ""
        )
        template = template.replace("/__", "/{").replace("__", "}")
        for parameter in described[template] if is_rest(row) else PAGE_QUERIES:
            address = f"{url}?{urlencode({parameter: encoded(TEXTS[name])})}"
            response = clients[is_rest(row)].get(address)
            assert response.status_code < 500, f"{row} {parameter}"
            if name == "nul":
                assert response.status_code == 400, f"{row} {parameter}"


@pytest.mark.parametrize("name", TEXTS)
def test_in_forms(world: World, name: str) -> None:
    text = TEXTS[name].encode("utf-8", "replace").decode()
    visitor = Client()
    for path in ("login", "signup", "password/reset"):
        form = {"login": text, "password": text, "username": text, "email": text, "next": text}
        assert visitor.post(f"/accounts/{path}/", form).status_code in {200, 302, 429}
    client = world.client("admin", is_api=False)
    for row in ROWS:
        if row.method == "POST" and not is_rest(row) and row.route not in PUBLIC:
            form = dict.fromkeys(row.body, text)
            assert client.post(url_of(row, world), form).status_code < 500, str(row)


@pytest.mark.parametrize("name", TEXTS)
def test_in_credentials(world: World, name: str) -> None:
    text = TEXTS[name].encode("utf-8", "replace").decode()
    visitor = Client()
    for path, body in (
        ("login", {"username": text, "password": PASSWORD}),
        ("login", {"username": "ann", "password": text}),
        ("refresh", {"refresh": text}),
        ("logout", {"refresh": text}),
    ):
        response = visitor.post(f"/api/v1/auth/{path}", body, content_type="application/json")
        assert response.status_code in {204, 401, 413, 422, 429}, path
    for header in (f"Bearer {text}", f"Basic {text}"):
        sent = header.encode().decode("latin-1")[:5000]
        assert visitor.get("/api/v1/auth/me", HTTP_AUTHORIZATION=sent).status_code == 401

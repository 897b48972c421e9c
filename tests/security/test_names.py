"""Nobody takes a name that another has, that looks like another's, or that the product answers to itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from apps.orgs.models import RESERVED_SLUGS, Org, User
from tests.api.rest import error_of, send
from tests.conftest import Cast

AsUser = Callable[[User], Client]

# What looks like acme, or reads as it once it is folded, cut or decoded.
LOOKALIKES = [
    "аcme", "acmе", "асme", "ACME", "Acme", "acme ", " acme", "acme\u200b", "\u200bacme", "acme\u202e", "ａcme",
    "acme\0", "acme/", "acme.", "acme%20", "ac\u00adme", "acme\n", "acme\u0301", "𝒶cme", "acme\u3164", "ᴀcme",
]  # fmt: skip


@pytest.mark.parametrize("slug", LOOKALIKES, ids=ascii)
def test_no_org_looks_like_another(cast: Cast, as_user: AsUser, slug: str) -> None:
    response = send(as_user(cast.sam), "post", "orgs", {"slug": slug})
    # White space around a name is dropped, so that it is acme's own, which is taken.
    assert response.status_code == (409 if slug.strip() == "acme" else 422)
    error_of(response)
    assert Org.objects.filter(is_personal=False).count() == 1


@pytest.mark.parametrize("slug", ["acme", "ann", "sam", *sorted(RESERVED_SLUGS)])
def test_no_org_takes_a_taken_or_reserved_name(cast: Cast, as_user: AsUser, slug: str) -> None:
    response = send(as_user(cast.sam), "post", "orgs", {"slug": slug})
    assert response.status_code in {409, 422}
    assert Org.objects.filter(is_personal=False).count() == 1


@pytest.mark.parametrize(
    "name", ["acme", "ann", "admin", "ADMIN", "аnn", "ann\u200b", "ann@example.org", "."]
)
def test_no_account_takes_another_s_name(cast: Cast, settings: object, name: str) -> None:
    settings.SIGNUP_OPEN = True  # type: ignore[attr-defined]  # pytest-django's
    password = "a long new password"
    body = {"username": name, "email": "new@example.org", "password": password}
    before = User.objects.count()
    assert send(Client(), "post", "auth/register", body).status_code == 422
    form = {**body, "password1": password, "password2": password}
    assert Client().post("/accounts/signup/", form).status_code in {200, 422}
    assert User.objects.count() == before


@pytest.mark.parametrize(
    "slug",
    ["mnist", "mnist ", "\u200bmnist", "mnist\u2060", "mni\u00adst", "mnist\u202e", ".", "..", "a/b", "a\\b", "a%2fb",
     "a?b", "a#b", "a\nb", "", " ", "\u3164", "mnist\u2800",
     "x" * 129],
    ids=ascii,
)  # fmt: skip
def test_no_project_poses_as_another(cast: Cast, as_user: AsUser, slug: str) -> None:
    response = send(as_user(cast.mel), "post", "projects", {"org": "acme", "slug": slug})
    assert response.status_code in {409, 422}


def test_composed_and_decomposed_are_one_name(cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.mel)
    assert send(client, "post", "projects", {"org": "acme", "slug": "caf\u00e9"}).status_code == 201
    response = send(client, "post", "projects", {"org": "acme", "slug": "cafe\u0301"})
    assert response.status_code == 409


def first_words(resolver: URLResolver | None = None, prefix: str = "") -> set[str]:
    """Return the first segments of all addresses that begin with a fixed word."""
    words = set()
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = entry.pattern
        route = prefix + (str(pattern) if isinstance(pattern, RoutePattern) else "")
        if isinstance(entry, URLResolver) and "/" not in route:
            words |= first_words(entry, route)
        elif route and not route.startswith("<"):
            words.add(route.split("/")[0])
    return words


def test_every_first_word_of_an_address_is_reserved() -> None:
    """Or somebody's org of this name would lie behind a page, or a page behind it."""
    words = first_words()
    assert {"admin", "settings", "api", "accounts"} <= words
    assert sorted(words - RESERVED_SLUGS) == []

"""SCIM 2.0 as Okta and Entra ID speak it: people and groups made, changed and ended by a directory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from apps.orgs import services
from apps.orgs.federation import groups
from apps.orgs.federation.admission import Identity, admit
from apps.orgs.models import ApiKey, DirectoryGroup, Membership, Role, User
from tests.conftest import Cast

TOKEN = "scim-token-of-more-than-32-characters"
LIN = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "Lin.Wei@lab.example",
    "externalId": "00u1",
    "name": {"givenName": "Lin", "familyName": "Wei"},
    "emails": [
        {"value": "other@lab.example", "type": "home"},
        {"value": "Lin@lab.example", "type": "work", "primary": True},
    ],
    "active": True,
}


@pytest.fixture(autouse=True)
def token(settings: Settings) -> None:
    settings.SCIM_TOKEN = TOKEN


def ask(
    method: str, path: str, body: Any = None, *, key: str = TOKEN, status: int | None = None
) -> Any:
    """Speak SCIM; the answer's JSON where a status is expected, else the whole answer."""
    client = Client(headers={"Authorization": f"Bearer {key}"} if key else {})
    data = {} if body is None else {"data": json.dumps(body)}
    kind = "application/scim+json"
    send: Any = getattr(client, method)
    options = {} if method == "get" else {"content_type": kind, **data}
    response: HttpResponse = send(f"/scim/v2/{path}", **options)
    if status is None:
        return response
    assert response.status_code == status, response.content
    if status == 204:
        return None
    assert response["Content-Type"].startswith(kind)
    return json.loads(response.content)


def patch(path: str, *operations: dict[str, Any], status: int = 200) -> Any:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": list(operations),
    }
    return ask("patch", path, body, status=status)


def made(**changes: Any) -> str:
    """Make a person and return their id."""
    return str(ask("post", "Users", {**LIN, **changes}, status=201)["id"])


# --- Who may -----------------------------------------------------------------------------------
def test_only_the_token_and_administrators_with_a_full_key(cast: Cast) -> None:
    root = services.create_user(username="root-user", is_admin=True)
    keys = {
        name: services.create_api_key(user=user, name=name, scope=scope)[1]
        for name, user, scope in (
            ("admin of an org", cast.ann, ApiKey.Scope.FULL),
            ("reading administrator", root, ApiKey.Scope.READ),
            ("administrator", root, ApiKey.Scope.FULL),
        )
    }
    for method, path in (
        ("get", "Users"),
        ("post", "Users"),
        ("get", "Groups"),
        ("get", "Schemas"),
    ):
        assert ask(method, path, key="").status_code == 401
        assert ask(method, path, key="wrong").status_code == 401
        assert ask(method, path, key=keys["admin of an org"]).status_code == 403
        assert ask(method, path, key=keys["reading administrator"]).status_code == 403
    assert ask("get", "Users", key=keys["administrator"]).status_code == 200
    assert ask("get", "Users").status_code == 200


def test_no_token_is_good_where_none_is_set(db: None, settings: Settings) -> None:
    settings.SCIM_TOKEN = None
    services.create_user(username="root-user", is_admin=True)
    for key in ("", "None", TOKEN):
        assert ask("get", "Users", key=key).status_code == 401


def test_session_opens_nothing(cast: Cast) -> None:
    root = services.create_user(username="root-user", is_admin=True)
    client = Client()
    client.force_login(root)
    assert client.get("/scim/v2/Users").status_code == 401


# --- People ------------------------------------------------------------------------------------
def test_person_is_made_found_and_shown(cast: Cast) -> None:
    new = ask("post", "Users", LIN, status=201)
    assert (
        new.items()
        >= {
            "userName": "Lin.Wei@lab.example",
            "externalId": "00u1",
            "displayName": "Lin Wei",
            "active": True,
        }.items()
    )
    assert new["emails"] == [{"value": "lin@lab.example", "type": "work", "primary": True}]
    user = User.objects.get(pk=new["id"])
    assert (user.username, user.has_usable_password()) == ("lin-wei", False)
    assert ask("get", f"Users/{user.pk}", status=200) == new
    for text in (
        'userName eq "lin.wei@LAB.example"',
        'username EQ "Lin.Wei@lab.example"',
        'externalId eq "00u1"',
        'emails.value eq "lin@lab.example"',
    ):
        found = ask("get", f"Users?filter={text}", status=200)
        assert [each["id"] for each in found["Resources"]] == [new["id"]], text
    assert ask("get", 'Users?filter=userName eq "lin-wei"', status=200)["totalResults"] == 0


def test_person_of_the_directory_then_signs_in_by_the_issuer(cast: Cast) -> None:
    made()
    assert admit(Identity("oidc", "77", email="lin@lab.example")).username == "lin-wei"


def test_person_who_was_here_before_is_taken_over_not_doubled(cast: Cast) -> None:
    found = ask("get", 'Users?filter=userName eq "mel@example.org"', status=200)["Resources"]
    assert [each["userName"] for each in found] == ["mel"]
    update = {"op": "replace", "path": "userName", "value": "mel@example.org"}
    assert patch(f"Users/{found[0]['id']}", update)["userName"] == "mel@example.org"
    cast.mel.refresh_from_db()
    assert cast.mel.username == "mel"
    assert cast.mel.has_usable_password()


@pytest.mark.parametrize(
    "changes",
    [{"emails": [{"value": "second@lab.example"}]}, {"userName": "second", "externalId": "2"}],
)
def test_same_name_or_address_twice_is_a_conflict(cast: Cast, changes: dict[str, Any]) -> None:
    made()
    error = ask("post", "Users", {**LIN, **changes}, status=409)
    assert error["scimType"] == "uniqueness"
    assert error["status"] == "409"
    assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "value": {"active": False}},
        {"op": "Replace", "path": "active", "value": "False"},
    ],
)
def test_deactivated_person_is_out_at_once_and_back_again(
    cast: Cast, operation: dict[str, Any]
) -> None:
    pk = made()
    user = User.objects.get(pk=pk)
    _key, secret = services.create_api_key(user=user, name="k")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/auth/me").status_code == 200
    assert patch(f"Users/{pk}", operation)["active"] is False
    assert client.get("/api/v1/auth/me").status_code == 401
    assert patch(f"Users/{pk}", {"op": "replace", "path": "active", "value": True})["active"]
    assert client.get("/api/v1/auth/me").status_code == 200


def test_last_administrator_stays(db: None) -> None:
    root = services.create_user(username="root-user", is_admin=True)
    for method, body in (
        ("patch", {"Operations": [{"op": "replace", "value": {"active": False}}]}),
        ("delete", None),
    ):
        error = ask(method, f"Users/{root.pk}", body, status=409)
        assert "last administrator" in error["detail"]
    root.refresh_from_db()
    assert root.is_active


def test_attributes_change_as_okta_and_entra_write_them(cast: Cast) -> None:
    pk = made()
    shown = patch(
        f"Users/{pk}",
        {"op": "Add", "path": "name.givenName", "value": "Lina"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "lina@lab.example"},
        {"op": "replace", "path": "externalId", "value": "x2"},
        {"op": "add", "path": "phoneNumbers", "value": [{"value": "1"}]},
    )
    assert shown["displayName"] == "Lina Wei"
    assert shown["emails"][0]["value"] == "lina@lab.example"
    assert shown["externalId"] == "x2"
    shown = ask("put", f"Users/{pk}", {**LIN, "displayName": "Lin W."}, status=200)
    assert (shown["displayName"], shown["emails"][0]["value"]) == ("Lin W.", "lin@lab.example")


def test_rights_cannot_be_written(cast: Cast) -> None:
    pk = made(is_superuser=True, isStaff=True, roles=[{"value": "admin"}])
    patch(f"Users/{pk}", {"op": "add", "value": {"is_superuser": True, "password": "x" * 20}})
    user = User.objects.get(pk=pk)
    assert (user.is_superuser, user.is_staff, user.has_usable_password()) == (False, False, False)


def test_deleted_person_is_gone_here_keeps_their_place_and_can_come_back(cast: Cast) -> None:
    pk = made()
    ask("delete", f"Users/{pk}", status=204)
    assert ask("get", f"Users/{pk}", status=404)["status"] == "404"
    assert not User.objects.get(pk=pk).is_active
    assert made() == pk
    assert User.objects.get(pk=pk).is_active


def test_service_accounts_are_not_people(cast: Cast) -> None:
    User.objects.filter(pk=cast.vic.pk).update(service_org=cast.acme)
    assert ask("get", f"Users/{cast.vic.pk}", status=404)
    assert ask("delete", f"Users/{cast.vic.pk}", status=404)
    names = [each["userName"] for each in ask("get", "Users", status=200)["Resources"]]
    assert "vic" not in names


def test_lists_come_in_pages(cast: Cast) -> None:
    first = ask("get", "Users?startIndex=1&count=3", status=200)
    rest = ask("get", "Users?startIndex=4&count=3", status=200)
    assert (first["totalResults"], first["itemsPerPage"], rest["itemsPerPage"]) == (4, 3, 1)
    names = [each["userName"] for each in first["Resources"] + rest["Resources"]]
    assert names == ["ann", "mel", "vic", "sam"]
    assert ask("get", "Users?count=0", status=200)["Resources"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("get", 'Users?filter=password eq "x"', None, "invalidFilter"),
        ("get", 'Users?filter=userName eq "x" or 1 eq 1', None, "invalidFilter"),
        ("get", "Users?startIndex=x", None, "invalidValue"),
        ("post", "Users", {"userName": ""}, "invalidValue"),
        ("post", "Users", {"userName": 7}, "invalidValue"),
        ("post", "Users", {"userName": "a\x00b"}, "invalidValue"),
        ("post", "Users", {**LIN, "active": "perhaps"}, "invalidValue"),
        ("post", "Users", {**LIN, "emails": [{"value": "no address"}]}, "invalidValue"),
        ("post", "Users", [], "invalidSyntax"),
        ("post", "Groups", {"displayName": "g", "members": [{"value": "999"}]}, "invalidValue"),
        ("post", "Groups", {"displayName": "g", "members": ["x"]}, "invalidValue"),
    ],
)
def test_bad_requests_are_told_in_scims_words(
    cast: Cast, method: str, path: str, body: Any, kind: str
) -> None:
    error = ask(method, path, body, status=400)
    assert (error["scimType"], error["status"]) == (kind, "400")
    assert not DirectoryGroup.objects.exists()


def test_body_that_is_no_json_is_told(cast: Cast) -> None:
    client = Client(headers={"Authorization": f"Bearer {TOKEN}"})
    response = client.post("/scim/v2/Users", "{", content_type="application/scim+json")
    assert response.status_code == 400
    assert json.loads(response.content)["schemas"] == [
        "urn:ietf:params:scim:api:messages:2.0:Error"
    ]


# --- Groups ------------------------------------------------------------------------------------
def role_of(pk: str, cast: Cast) -> str | None:
    found = Membership.objects.filter(org=cast.acme, user_id=pk).values_list("role_id", flat=True)
    return found.first()


def test_group_gives_and_takes_what_mappings_say(cast: Cast) -> None:
    groups.create_mapping(org=cast.acme, group="ml", role=Role.objects.get(key="viewer"))
    lin, wei = made(), made(userName="wei", externalId="2", emails=[])
    group = ask("post", "Groups", {"displayName": "ml", "members": [{"value": lin}]}, status=201)
    path = f"Groups/{group['id']}"
    assert (role_of(lin, cast), role_of(wei, cast)) == ("viewer", None)
    patch(path, {"op": "add", "path": "members", "value": [{"value": wei}]})
    assert role_of(wei, cast) == "viewer"
    patch(path, {"op": "remove", "path": f'members[value eq "{wei}"]'})
    assert role_of(wei, cast) is None
    patch(path, {"op": "Remove", "path": "members", "value": [{"value": lin}]})
    assert role_of(lin, cast) is None
    patch(path, {"op": "replace", "path": "members", "value": [{"value": wei}]})
    assert (role_of(lin, cast), role_of(wei, cast)) == (None, "viewer")
    patch(path, {"op": "replace", "value": {"id": group["id"], "displayName": "other"}})
    assert role_of(wei, cast) is None
    ask("put", path, {"displayName": "ml", "members": [{"value": lin}, {"value": wei}]}, status=200)
    assert (role_of(lin, cast), role_of(wei, cast)) == ("viewer", "viewer")
    ask("delete", path, status=204)
    assert (role_of(lin, cast), role_of(wei, cast)) == (None, None)


def test_group_is_found_and_shown(cast: Cast) -> None:
    lin = made()
    group = ask("post", "Groups", {"displayName": "ml", "members": [{"value": lin}]}, status=201)
    found = ask("get", 'Groups?filter=displayName eq "ml"&excludedAttributes=members', status=200)
    assert [each["id"] for each in found["Resources"]] == [group["id"]]
    assert "members" not in found["Resources"][0]
    shown = ask("get", f"Groups/{group['id']}", status=200)
    assert shown["members"] == [{"value": lin, "display": "lin-wei"}]
    assert ask("get", f"Users/{lin}", status=200)["groups"] == [
        {"value": group["id"], "display": "ml"}
    ]
    assert ask("post", "Groups", {"displayName": "ml"}, status=409)["scimType"] == "uniqueness"


def test_groups_of_other_sources_are_not_touched(cast: Cast) -> None:
    admit(Identity("oidc", "1", username="lin", groups=frozenset({"ml"})))
    group = DirectoryGroup.objects.get()
    ask("get", f"Groups/{group.pk}", status=404)
    ask("delete", f"Groups/{group.pk}", status=404)
    assert ask("get", "Groups", status=200)["totalResults"] == 0


def test_it_describes_itself(cast: Cast) -> None:
    assert ask("get", "ServiceProviderConfig", status=200)["patch"] == {"supported": True}
    types = ask("get", "ResourceTypes", status=200)["Resources"]
    schemas = ask("get", "Schemas", status=200)["Resources"]
    assert [each["schema"] for each in types] == [each["id"] for each in schemas]

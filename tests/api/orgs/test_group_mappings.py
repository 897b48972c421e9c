"""What the groups of a source give here, and take back: memberships, teams, the administration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import Settings

from apps.orgs import events, services
from apps.orgs.actor import Actor
from apps.orgs.federation import groups
from apps.orgs.federation.admission import Identity, admit
from apps.orgs.models import GroupMapping, MappedRight, Membership, Org, Role, Team, User
from apps.projects.models import ProjectGrant
from tests.api.rest import error_of, send
from tests.conftest import Cast
from wanllmdb.sign_in import Source

LAB = Source("oidc", "Lab", "https://id.lab.example", admin_group="admins")


def sign_in(*names: str, source: str = "oidc", uid: str = "1") -> User:
    return admit(Identity(source, uid, username="lin", groups=frozenset(names)))


def role_in(org: Org, user: User) -> str | None:
    return Membership.objects.filter(org=org, user=user).values_list("role_id", flat=True).first()


def role(key: str) -> Role:
    return Role.objects.get(key=key)


def test_group_gives_a_role_and_a_team_and_takes_both_back(cast: Cast) -> None:
    crew = services.create_team(org=cast.acme, slug="crew")
    groups.create_mapping(org=cast.acme, group="ml", role=role("viewer"), team=crew)
    lin = sign_in("ml", "other")
    assert role_in(cast.acme, lin) == "viewer"
    assert crew.user_set.get() == lin
    sign_in("other")
    assert role_in(cast.acme, lin) is None
    assert not crew.user_set.exists()
    assert not MappedRight.objects.exists()


def test_source_that_says_nothing_of_groups_changes_nothing(cast: Cast) -> None:
    groups.create_mapping(org=cast.acme, group="ml", role=role("viewer"))
    lin = sign_in("ml")
    admit(Identity("oidc", "1", groups=None))
    assert role_in(cast.acme, lin) == "viewer"


def test_role_that_may_most_wins(cast: Cast) -> None:
    for key, group in (("admin", "leads"), ("viewer", "all"), ("member", "ml")):
        groups.create_mapping(org=cast.acme, group=group, role=role(key))
    lin = sign_in("all", "leads", "ml")
    assert role_in(cast.acme, lin) == "admin"
    sign_in("all", "ml")
    assert role_in(cast.acme, lin) == "member"


def test_what_was_given_by_hand_is_never_taken(cast: Cast) -> None:
    groups.create_mapping(org=cast.acme, group="ml", role=role("viewer"))
    lin = sign_in()
    services.set_role(org=cast.acme, user=lin, role="member")
    sign_in("ml")
    assert role_in(cast.acme, lin) == "member"
    sign_in()
    assert role_in(cast.acme, lin) == "member"


def test_role_changed_by_hand_since_stays(cast: Cast) -> None:
    groups.create_mapping(org=cast.acme, group="ml", role=role("viewer"))
    lin = sign_in("ml")
    services.set_role(org=cast.acme, user=lin, role="admin")
    sign_in("ml")
    assert role_in(cast.acme, lin) == "admin"
    sign_in()
    assert role_in(cast.acme, lin) == "admin"


def test_groups_of_two_sources_do_not_undo_each_other(cast: Cast) -> None:
    groups.create_mapping(org=cast.acme, group="ml", role=role("viewer"))
    groups.create_mapping(org=cast.acme, group="ml", role=role("member"), source="scim")
    lin = sign_in("ml")
    assert role_in(cast.acme, lin) == "viewer"
    groups.note_groups(user=lin, source="scim", names=frozenset({"ml"}))
    assert role_in(cast.acme, lin) == "member"
    sign_in()
    assert role_in(cast.acme, lin) == "member"
    groups.note_groups(user=lin, source="scim", names=frozenset())
    assert role_in(cast.acme, lin) is None


def test_last_admin_of_an_org_stays_until_there_is_another(cast: Cast) -> None:
    """A group that is emptied by mistake must not leave an org that nobody can manage."""
    lab = services.create_org(slug="lab", admin=cast.sam)
    groups.create_mapping(org=lab, group="leads", role=role("admin"))
    lin = sign_in("leads")
    services.transfer_org(org=lab, to=lin, by=Actor.for_user(cast.sam))
    sign_in()
    assert role_in(lab, lin) == "admin"


def test_admin_group_makes_an_administrator_and_unmakes_only_those(
    cast: Cast, settings: Settings
) -> None:
    settings.SIGN_IN_SOURCES = {"oidc": LAB}
    lin = sign_in("admins")
    assert (lin.is_superuser, lin.is_staff) == (True, True)
    sign_in()
    lin.refresh_from_db()
    assert lin.is_superuser, "the last administrator"
    services.create_user(username="root-user", is_admin=True)
    sign_in()
    lin.refresh_from_db()
    assert (lin.is_superuser, lin.is_staff) == (False, False)
    User.objects.filter(pk=lin.pk).update(is_superuser=True)
    sign_in()
    lin.refresh_from_db()
    assert lin.is_superuser, "made one by hand"


def test_group_of_the_same_name_elsewhere_makes_no_administrator(
    cast: Cast, settings: Settings
) -> None:
    other = replace(LAB, key="saml", admin_group="")
    settings.SIGN_IN_SOURCES = {"oidc": LAB, "saml": other}
    assert not sign_in("admins", source="saml").is_superuser


def test_caches_and_sockets_are_told(cast: Cast) -> None:
    groups.create_mapping(org=cast.acme, group="ml", role=role("viewer"))
    told: list[int] = []

    def note(user_id: int, **_about: object) -> None:
        told.append(user_id)

    events.access_changed.connect(note)
    try:
        lin = sign_in("ml")
        assert told.count(lin.pk) == 1
        sign_in("ml")
        assert told.count(lin.pk) == 1
        sign_in()
        assert told.count(lin.pk) == 2
    finally:
        events.access_changed.disconnect(note)


# --- Who may say what groups give ----------------------------------------------------------------
PATH = "orgs/acme/group-mappings"


def test_mapping_reaches_those_in_the_group_at_once(
    cast: Cast, as_user: Callable[[User], Client]
) -> None:
    lin = sign_in("ml")
    services.create_team(org=cast.acme, slug="crew")
    client = as_user(cast.ann)
    new = {"group": "ml", "role": "member", "team": "crew"}
    made = send(client, "post", PATH, new)
    assert made.status_code == 201
    assert made.json().items() >= {**new, "source": ""}.items()
    assert role_in(cast.acme, lin) == "member"
    assert send(client, "get", PATH).json()["items"] == [made.json()]
    assert send(client, "delete", f"{PATH}/{made.json()['id']}").status_code == 204
    assert role_in(cast.acme, lin) is None


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"group": "ml", "role": "none"}, 404, "role_not_found"),
        ({"group": "ml", "role": "member", "team": "none"}, 404, "team_not_found"),
        ({"group": " ", "role": "member"}, 422, "invalid"),
        ({"group": "a\nb", "role": "member"}, 422, "invalid"),
        ({"group": "ml", "role": "member", "source": "facebook"}, 422, "invalid"),
        ({"group": "ml", "role": "member", "org": "other"}, 422, "invalid"),
    ],
)
def test_mapping_that_cannot_be(
    cast: Cast,
    as_user: Callable[[User], Client],
    wish: dict[str, str],
    status: int,
    code: str,
) -> None:
    response = send(as_user(cast.ann), "post", PATH, wish)
    assert (response.status_code, error_of(response)["code"]) == (status, code)
    assert not GroupMapping.objects.exists()


def test_nobody_maps_a_role_above_their_own(cast: Cast, as_user: Callable[[User], Client]) -> None:
    keeper = services.create_role(
        org=cast.acme,
        name="Keeper",
        permissions=["org.view", "member.manage"],
        by=Actor.for_user(cast.ann),
    )
    services.set_role(org=cast.acme, user=cast.mel, role=keeper.key)
    sign_in("ml")
    response = send(as_user(cast.mel), "post", PATH, {"group": "ml", "role": "admin"})
    assert (response.status_code, error_of(response)["code"]) == (403, "role_above_yours")


def test_nobody_maps_a_team_that_was_given_more(
    cast: Cast, as_user: Callable[[User], Client]
) -> None:
    keeper = services.create_role(
        org=cast.acme,
        name="Keeper",
        permissions=["org.view", "member.manage"],
        by=Actor.for_user(cast.ann),
    )
    services.set_role(org=cast.acme, user=cast.mel, role=keeper.key)
    crew = services.create_team(org=cast.acme, slug="crew")
    ProjectGrant.objects.create(project=cast.mnist, team=crew, role=role("admin"))
    new = {"group": "ml", "role": keeper.key, "team": "crew"}
    response = send(as_user(cast.mel), "post", PATH, new)
    assert (response.status_code, error_of(response)["code"]) == (403, "team_above_yours")


def test_personal_org_has_no_groups(cast: Cast, as_user: Callable[[User], Client]) -> None:
    path = "orgs/ann/group-mappings"
    response = send(as_user(cast.ann), "post", path, {"group": "ml", "role": "member"})
    assert response.status_code == 422
    assert error_of(response)["fields"].keys() == {"org"}


def test_mapping_of_another_org_is_not_found(cast: Cast, as_user: Callable[[User], Client]) -> None:
    other = services.create_org(slug="other", admin=cast.sam)
    mapping = groups.create_mapping(org=other, group="ml", role=role("viewer"))
    response = send(as_user(cast.ann), "delete", f"{PATH}/{mapping.pk}")
    assert response.status_code == 404
    assert GroupMapping.objects.filter(pk=mapping.pk).exists()


def test_admin_pages_give_and_take_too(cast: Cast) -> None:
    root = services.create_user(username="root-user", is_admin=True)
    client = Client()
    client.force_login(root)
    lin = sign_in("ml")
    url = "/admin/orgs/groupmapping/"
    new = {"group": "ml", "source": "", "org": cast.acme.pk, "role": "viewer", "team": ""}
    assert client.post(f"{url}add/", new).status_code == 302
    assert role_in(cast.acme, lin) == "viewer"
    mapping = GroupMapping.objects.get()
    assert client.post(f"{url}{mapping.pk}/change/", {**new, "group": "x"}).status_code == 302
    assert role_in(cast.acme, lin) is None
    personal = Org.objects.get(slug="sam")
    assert client.post(f"{url}add/", {**new, "org": personal.pk}).status_code == 200
    assert GroupMapping.objects.count() == 1
    assert client.get("/admin/orgs/directorygroup/").status_code == 200
    assert client.get("/admin/socialaccount/socialaccount/").status_code == 200


def test_deleted_team_leaves_the_role(cast: Cast) -> None:
    crew = services.create_team(org=cast.acme, slug="crew")
    groups.create_mapping(org=cast.acme, group="ml", role=role("viewer"), team=crew)
    lin = sign_in("ml")
    services.delete_team(team=crew)
    sign_in("ml")
    assert role_in(cast.acme, lin) == "viewer"
    assert not Team.objects.exists()

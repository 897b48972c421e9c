"""Django's admin: for staff, by the one sign-in page, through the services, and under our CSP."""

import re
from collections.abc import Callable, Iterator
from unittest import mock

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from apps.orgs import events, services
from apps.orgs.models import ApiKey, Membership, Org, User
from apps.orgs.permissions import BuiltinRole
from apps.projects.models import Project
from apps.runs.models import Run
from tests.conftest import Cast
from tests.factories import PASSWORD, make_run, make_user


@pytest.fixture
def root(cast: Cast) -> Client:
    client = Client()
    client.force_login(make_user("root-user", is_admin=True))
    return client


@pytest.fixture
def announced() -> Iterator[Callable[[], set[int]]]:
    """Yield whose rights were announced to have changed."""
    heard: set[int] = set()

    def listen(sender: object, user_id: int, **kwargs: object) -> None:
        heard.add(user_id)

    events.access_changed.connect(listen, weak=False)
    yield lambda: heard
    events.access_changed.disconnect(listen)


def act(root: Client, model: str, action: str, *pks: int) -> None:
    path = reverse(f"admin:{model}_changelist")
    response = root.post(path, {"action": action, "_selected_action": pks})
    assert response.status_code == 302


def test_staff_sign_in_on_the_one_page(cast: Cast) -> None:
    make_user("root-user", is_admin=True)
    client = Client()
    chain = client.get("/admin/orgs/user/", follow=True).redirect_chain
    assert chain[-1][0] == "/accounts/login/?next=%2Fadmin%2Forgs%2Fuser%2F"
    response = client.post("/admin/login/", {"username": "root-user", "password": PASSWORD})
    assert response.status_code == 302
    assert client.get("/admin/").status_code == 302
    form = {"login": "root-user", "password": PASSWORD, "next": "/admin/orgs/user/"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/admin/orgs/user/"
    assert client.get("/admin/orgs/user/").status_code == 200


def test_a_key_opens_no_admin(cast: Cast) -> None:
    root = make_user("root-user", is_admin=True)
    _key, secret = services.create_api_key(user=root, name="k")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get("/admin/").status_code == 302


def test_staff_without_all_rights_manage_no_people(cast: Cast) -> None:
    User.objects.filter(pk=cast.mel.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=cast.mel.pk))
    assert client.get("/admin/").status_code == 200
    for path in (
        "/admin/orgs/user/",
        f"/admin/orgs/user/{cast.ann.pk}/change/",
        "/admin/orgs/apikey/",
    ):
        assert client.get(path).status_code == 403, path


def test_every_page_works_and_fits_the_content_security_policy(cast: Cast, root: Client) -> None:
    """No inline script, style or handler: the policy would stop it."""
    services.create_api_key(user=cast.ann, name="k")
    make_run(cast.mnist, cast.mel)
    pages = ["/admin/", f"/admin/orgs/user/{cast.ann.pk}/password/", "/admin/password_change/"]
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages.append(reverse(f"{name}_changelist"))
        pages.append(reverse(f"{name}_changelist") + "?q=a")
        if (row := model._default_manager.first()) is not None:
            pages.append(reverse(f"{name}_change", args=[row.pk]))
            pages.append(reverse(f"{name}_history", args=[row.pk]))
        if model_admin.has_add_permission(mock.Mock(user=User.objects.get(username="root-user"))):
            pages.append(reverse(f"{name}_add"))
    assert len(pages) > 20
    for page in pages:
        response = root.get(page)
        assert response.status_code == 200, page
        html = response.content.decode()
        scripts = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", html)
        assert [s for s in scripts if "application/json" not in s] == [], page
        assert not re.search(r"<style|\sstyle=\"|\son[a-z]+=\"|javascript:", html), page


def test_no_page_shows_a_digest_or_a_token(cast: Cast, root: Client) -> None:
    key, secret = services.create_api_key(user=cast.ann, name="k")
    for page in (
        "/admin/orgs/apikey/",
        f"/admin/orgs/apikey/{key.pk}/change/",
        f"/admin/orgs/user/{cast.ann.pk}/change/",
    ):
        html = root.get(page).content.decode()
        assert key.prefix in html
        assert key.digest not in html
        assert secret not in html
    for path in ("token_blacklist/outstandingtoken", "account/emailaddress"):
        assert root.get(f"/admin/{path}/").status_code == 404


def test_a_key_is_found_by_its_first_characters_and_revoked(
    cast: Cast, root: Client, announced: Callable[[], set[int]]
) -> None:
    key, _secret = services.create_api_key(user=cast.ann, name="findme")
    other, _secret = services.create_api_key(user=cast.mel, name="other")
    html = root.get(f"/admin/orgs/apikey/?q={key.prefix}").content.decode()
    assert "findme" in html
    assert "other" not in html
    act(root, "orgs_apikey", "revoke", key.pk)
    assert list(ApiKey.objects.usable()) == [other]
    assert announced() == {cast.ann.pk}
    html = root.get("/admin/orgs/apikey/?state=ended").content.decode()
    assert "findme" in html
    assert "other" not in html


def test_people_are_deactivated_and_let_back_in(
    cast: Cast, root: Client, announced: Callable[[], set[int]]
) -> None:
    act(root, "orgs_user", "deactivate", cast.ann.pk, cast.mel.pk)
    assert set(User.objects.filter(is_active=False)) == {cast.ann, cast.mel}
    assert announced() == {cast.ann.pk, cast.mel.pk}
    act(root, "orgs_user", "activate", cast.ann.pk)
    assert set(User.objects.filter(is_active=False)) == {cast.mel}


def test_the_last_administrator_cannot_go(cast: Cast, root: Client) -> None:
    me = User.objects.get(username="root-user")
    act(root, "orgs_user", "deactivate", me.pk)
    response = root.post(f"/admin/orgs/user/{me.pk}/change/", user_form(me, is_superuser=""))
    assert response.status_code == 200
    assert "last administrator" in response.content.decode()
    me.refresh_from_db()
    assert (me.is_active, me.is_superuser) == (True, True)


def user_form(user: User, **changes: str) -> dict[str, str]:
    form = {
        "name": user.name, "email": user.email, "language": "", "theme": user.theme,
        "is_active": "on" if user.is_active else "", "is_superuser": "on" if user.is_superuser else "",
        "is_staff": "on" if user.is_staff else "",
        "api_keys-TOTAL_FORMS": "0", "api_keys-INITIAL_FORMS": "0",
    }  # fmt: skip
    return {name: value for name, value in {**form, **changes}.items() if value or name == "name"}


def test_rights_are_given_and_announced(
    cast: Cast, root: Client, announced: Callable[[], set[int]]
) -> None:
    form = user_form(cast.mel, is_superuser="on", is_staff="on", email="Mel@New.org", username="x")
    response = root.post(f"/admin/orgs/user/{cast.mel.pk}/change/", form)
    assert response.status_code == 302, response.context["errors"]
    mel = User.objects.get(pk=cast.mel.pk)
    assert (mel.is_superuser, mel.email, mel.username) == (True, "mel@new.org", "mel")
    assert cast.mel.pk in announced()


def test_a_password_set_there_ends_sessions(
    cast: Cast, root: Client, announced: Callable[[], set[int]]
) -> None:
    session = Client()
    session.force_login(cast.mel)
    fresh = "another good one"
    form = {"password1": fresh, "password2": fresh, "set-password": "1", "usable_password": "true"}
    response = root.post(f"/admin/orgs/user/{cast.mel.pk}/password/", form)
    assert response.status_code == 302
    assert session.get("/settings/keys").status_code == 302
    assert announced() == {cast.mel.pk}


@pytest.mark.parametrize("usable", ["true", "false"])
def test_a_person_made_there_is_whole(cast: Cast, root: Client, usable: str) -> None:
    form = {
        "username": "new-one", "email": "New@Example.org", "name": "New", "usable_password": usable,
        "password1": PASSWORD, "password2": PASSWORD,
    }  # fmt: skip
    response = root.post("/admin/orgs/user/add/", form)
    made = User.objects.get(username="new-one")
    assert response.headers["Location"] == f"/admin/orgs/user/{made.pk}/change/"
    assert (made.email, made.is_superuser) == ("new@example.org", False)
    assert made.has_usable_password() is (usable == "true")
    assert Org.objects.get(slug="new-one").memberships.get().user == made


@pytest.mark.parametrize("username", ["ann", "acme", "api", "A b"])
def test_a_name_that_cannot_be_is_said_so(cast: Cast, root: Client, username: str) -> None:
    form = {
        "username": username,
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    response = root.post("/admin/orgs/user/add/", form)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors.keys() == {"username"}


def test_members_are_managed_in_their_org(
    cast: Cast, root: Client, announced: Callable[[], set[int]]
) -> None:
    rows = list(Membership.objects.filter(org=cast.acme).order_by("pk"))
    form = {"name": "Acme", "description": ""}
    form |= {"memberships-TOTAL_FORMS": "4", "memberships-INITIAL_FORMS": "3"}
    form |= {"teams-TOTAL_FORMS": "0", "teams-INITIAL_FORMS": "0"}
    changed = {
        cast.ann: BuiltinRole.ADMIN,
        cast.mel: BuiltinRole.VIEWER,
        cast.vic: BuiltinRole.VIEWER,
        cast.sam: BuiltinRole.MEMBER,
    }
    for index, (user, role) in enumerate(changed.items()):
        form |= {
            f"memberships-{index}-id": str(rows[index].pk) if index < 3 else "",
            f"memberships-{index}-org": str(cast.acme.pk),
            f"memberships-{index}-user": str(user.pk),
            f"memberships-{index}-role": role,
        }
    form["memberships-2-DELETE"] = "on"
    response = root.post(f"/admin/orgs/org/{cast.acme.pk}/change/", form)
    assert response.status_code == 302, response.context["errors"]
    roles = {
        m.user: m.role_id for m in Membership.objects.filter(org=cast.acme).select_related("user")
    }
    assert roles == {cast.ann: "admin", cast.mel: "viewer", cast.sam: "member"}
    assert announced() == {cast.mel.pk, cast.vic.pk, cast.sam.pk}


def test_projects_go_to_the_trash_and_back(cast: Cast, root: Client) -> None:
    act(root, "projects_project", "delete_projects", cast.mnist.pk)
    assert not Project.objects.in_org(cast.acme).exists()
    assert "acme/mnist" in root.get("/admin/projects/project/?trash=yes").content.decode()
    act(root, "projects_project", "restore_projects", cast.mnist.pk)
    assert Project.objects.in_org(cast.acme).get() == cast.mnist


def test_runs_go_to_the_trash_and_back(cast: Cast, root: Client) -> None:
    run = make_run(cast.mnist, cast.mel)
    act(root, "runs_run", "delete_runs", run.pk)
    assert not Run.objects.in_project(cast.mnist).exists()
    assert run.short_id in root.get("/admin/runs/run/?trash=yes").content.decode()
    act(root, "runs_run", "restore_runs", run.pk)
    assert Run.objects.in_project(cast.mnist).get() == run
    assert root.get(f"/admin/runs/run/?q={run.uid}").context["cl"].result_count == 1


def test_who_may_only_look_is_offered_no_actions(cast: Cast) -> None:
    names = ("view_run", "view_project", "view_org")
    User.objects.filter(pk=cast.mel.pk).update(is_staff=True)
    cast.mel.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(User.objects.get(pk=cast.mel.pk))
    run = make_run(cast.mnist, cast.ann)
    for model, action, pk in (
        ("runs_run", "delete_runs", run.pk),
        ("projects_project", "delete_projects", cast.mnist.pk),
    ):
        path = reverse(f"admin:{model}_changelist")
        assert client.get(path).status_code == 200
        client.post(path, {"action": action, "_selected_action": [pk]})
    assert Run.objects.in_project(cast.mnist).get() == run
    path = f"/admin/orgs/org/{cast.acme.pk}/change/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"name": "x"}).status_code == 403


def test_a_project_is_changed_through_the_service(cast: Cast, root: Client) -> None:
    form = {
        "slug": "digits",
        "name": "Digits",
        "description": "",
        "visibility": "public",
        "org": "1",
        "grants-TOTAL_FORMS": "0",
        "grants-INITIAL_FORMS": "0",
    }
    response = root.post(f"/admin/projects/project/{cast.mnist.pk}/change/", form)
    assert response.status_code == 302
    project = Project.objects.get(pk=cast.mnist.pk)
    assert (project.slug, project.is_public, project.org) == ("digits", True, cast.acme)
    response = root.post(
        f"/admin/projects/project/{cast.mnist.pk}/change/", {**form, "slug": "a/b"}
    )
    assert response.status_code == 200


def test_nothing_is_deleted_for_good(cast: Cast, root: Client) -> None:
    key, _secret = services.create_api_key(user=cast.ann, name="k")
    for path in (
        f"orgs/user/{cast.mel.pk}",
        f"orgs/org/{cast.acme.pk}",
        f"orgs/apikey/{key.pk}",
        f"projects/project/{cast.mnist.pk}",
    ):
        assert root.post(f"/admin/{path}/delete/", {"post": "yes"}).status_code == 403, path

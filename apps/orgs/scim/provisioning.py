"""What SCIM clients write: people and groups, through the services that every other door uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction

from apps.core import clock
from apps.core.text import is_storable, normalise
from apps.orgs import services
from apps.orgs.federation.admission import free_username
from apps.orgs.federation.groups import grant_mapped
from apps.orgs.models import DirectoryGroup, User
from apps.orgs.scim.errors import ScimError, taken
from apps.orgs.scim.patches import Operation, truth
from apps.orgs.scim.resources import SOURCE, links, people

MAX_NAME = 150
MAX_USER_NAME = 150
MAX_GROUP_NAME = 255


# --- People ------------------------------------------------------------------------------------
def facts_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Read a whole User: the attributes that mean something here, by our names for them."""
    facts: dict[str, Any] = {"user_name": body.get("userName")}
    facts |= {"external_id": body.get("externalId"), "name": _name_in(body)}
    facts["email"] = _address_in(body.get("emails"))
    if "active" in body:
        facts["active"] = truth(body["active"])
    return {name: value for name, value in facts.items() if value is not None}


def facts_of_patch(operations: Iterable[Operation], user: User) -> dict[str, Any]:
    """Read the operations of a PATCH on a User; what means nothing here is passed over."""
    facts: dict[str, Any] = {}
    parts: dict[str, str] = {}
    for each in operations:
        value = "" if each.verb == "remove" else each.value
        if each.path == "active":
            facts["active"] = truth(value)
        elif each.path in {"username", "externalid"} and each.verb != "remove":
            facts["user_name" if each.path == "username" else "external_id"] = value
        elif each.path in {"displayname", "name.formatted"}:
            facts["name"] = value
        elif each.path in {"name.givenname", "name.familyname"}:
            parts[each.path] = str(value)
        elif each.path == "name" and isinstance(value, Mapping):
            facts["name"] = _name_in({"name": value}) or user.name
        elif each.path == "emails":
            facts["email"] = _address_in(value) or ""
        elif each.path == "emails.value":
            facts["email"] = value
    if parts and "name" not in facts:
        first, _space, last = user.name.partition(" ")
        halves = (parts.get("name.givenname", first), parts.get("name.familyname", last))
        facts["name"] = " ".join(half for half in halves if half)
    return facts


def _name_in(body: Mapping[str, Any]) -> str | None:
    name = body.get("name")
    known = name if isinstance(name, Mapping) else {}
    halves = [known.get("givenName"), known.get("familyName")]
    found = body.get("displayName") or known.get("formatted")
    return found or " ".join(str(half) for half in halves if half) or None


def _address_in(emails: Any) -> str | None:
    """Return the primary address of a list, or the first one."""
    found = [each for each in emails or [] if isinstance(each, Mapping) and each.get("value")]
    found.sort(key=lambda each: each.get("primary") is not True)
    return str(found[0]["value"]) if found else None


@transaction.atomic
def create_person(facts: dict[str, Any]) -> User:
    """Make a person, or let back in who was deleted before; raise ScimError `uniqueness` for a name that is taken."""
    user_name = _line(facts.get("user_name"), MAX_USER_NAME, "userName")
    email = _line(facts.get("email") or "", 254, "emails").lower()
    if links().filter(uid=user_name.lower()).exists():
        raise taken(f"There is a user {user_name}.")
    user = User.objects.filter(email=email, service_org=None).first() if email else None
    if user is not None and people().filter(pk=user.pk).exists():
        raise taken(f"There is a user with the e-mail {email}.")
    if user is None:
        name = _line(facts.get("name") or "", MAX_NAME, "displayName")
        user = services.create_user(username=free_username(user_name), email=email, name=name)
        _mark_proved(user)
    elif not user.is_active:
        services.set_active(user=user, is_active=True)
    SocialAccount.objects.create(
        user=user, provider=SOURCE, uid=user_name.lower(), extra_data={"userName": user_name}
    )
    return update_person(user, {"active": True, **facts})


@transaction.atomic
def update_person(user: User, facts: dict[str, Any]) -> User:
    """Change what is said of somebody. From now on they are linked: their userName is the client's."""
    if "user_name" in facts or "external_id" in facts:
        _write_link(user, facts)
    changes: dict[str, str] = {}
    if "name" in facts:
        changes["name"] = _line(facts["name"] or "", MAX_NAME, "displayName")
    if "email" in facts:
        changes["email"] = _line(facts["email"] or "", 254, "emails").lower()
    changes = {name: new for name, new in changes.items() if getattr(user, name) != new}
    if changes:
        user = services.update_user(user=user, **changes)
        _mark_proved(user)
    if facts.get("active", user.is_active) != user.is_active:
        services.set_active(user=user, is_active=facts["active"])
    return user


def _write_link(user: User, facts: dict[str, Any]) -> None:
    link = links().filter(user=user).first()
    kept = dict(link.extra_data) if link is not None else {"userName": user.username}
    if "user_name" in facts:
        kept["userName"] = _line(facts["user_name"], MAX_USER_NAME, "userName")
    if "external_id" in facts:
        kept["externalId"] = _line(facts["external_id"], 255, "externalId")
    kept |= {"name": kept["userName"], "email": user.email}
    link = link or SocialAccount(user=user, provider=SOURCE)
    link.uid, link.extra_data = kept["userName"].lower(), kept
    try:
        with transaction.atomic():
            link.save()
    except IntegrityError:
        raise taken(f"There is a user {kept['userName']}.") from None


def _mark_proved(user: User) -> None:
    """Note that an address is right: who provisions people vouches for it, as an administrator does."""
    if user.email:
        EmailAddress.objects.update_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )


@transaction.atomic
def delete_person(user: User) -> None:
    """End somebody's access and forget the link. What they logged stays, and so does who they were."""
    services.set_active(user=user, is_active=False)
    links().filter(user=user).delete()
    user.directory_groups.remove(*user.directory_groups.filter(source=SOURCE))
    grant_mapped(user)


def _line(value: Any, longest: int, name: str) -> str:
    if not isinstance(value, str) or len(value) > longest or not is_storable(value):
        raise ScimError(f"{name} is a text of at most {longest} characters.")
    text = normalise(value.strip())
    if name == "userName" and not text:
        raise ScimError("userName is needed.")
    return text


# --- Groups ------------------------------------------------------------------------------------
@transaction.atomic
def create_group(body: Mapping[str, Any]) -> DirectoryGroup:
    """Make a group with its members, who get what mappings give; raise ScimError `uniqueness`."""
    name = _group_name(body.get("displayName"))
    external_id = _line(body.get("externalId") or "", 255, "externalId")
    try:
        with transaction.atomic():
            group = DirectoryGroup.objects.create(source=SOURCE, name=name, external_id=external_id)
    except IntegrityError:
        raise taken(f"There is a group {name}.") from None
    _change_members(group, add=_members_in(body.get("members") or []))
    return group


@transaction.atomic
def replace_group(group: DirectoryGroup, body: Mapping[str, Any]) -> DirectoryGroup:
    """Make a group just what the body says."""
    _rename(group, body.get("displayName"))
    if "externalId" in body:
        group.external_id = _line(body["externalId"] or "", 255, "externalId")
        group.save(update_fields=["external_id"])
    _set_members(group, _members_in(body.get("members") or []))
    return group


@transaction.atomic
def patch_group(group: DirectoryGroup, operations: Iterable[Operation]) -> DirectoryGroup:
    """Do the operations of a PATCH, in their order."""
    for each in operations:
        if each.path == "members":
            _patch_members(group, each)
        elif each.path == "displayname" and each.verb != "remove":
            _rename(group, each.value)
        elif each.path == "externalid":
            group.external_id = _line(each.value or "", 255, "externalId")
            group.save(update_fields=["external_id"])
    return group


def _patch_members(group: DirectoryGroup, operation: Operation) -> None:
    if operation.verb == "remove":
        if operation.selected is not None:
            _change_members(group, remove=_members_in([{"value": operation.selected}]))
        elif operation.value:
            _change_members(group, remove=_members_in(operation.value))
        else:
            _set_members(group, set())
    elif operation.verb == "add":
        _change_members(group, add=_members_in(operation.value))
    else:
        _set_members(group, _members_in(operation.value))


@transaction.atomic
def delete_group(group: DirectoryGroup) -> None:
    """Delete a group; whoever had something by it alone loses that."""
    members = list(group.members.all())
    group.delete()
    for user in members:
        grant_mapped(user)


def _group_name(value: Any) -> str:
    name = _line(value, MAX_GROUP_NAME, "displayName")
    if not name:
        raise ScimError("displayName is needed.")
    return name


def _rename(group: DirectoryGroup, value: Any) -> None:
    name = _group_name(value)
    if name == group.name:
        return
    group.name, group.updated_at = name, clock.now()
    try:
        with transaction.atomic():
            group.save(update_fields=["name", "updated_at"])
    except IntegrityError:
        raise taken(f"There is a group {name}.") from None
    for user in group.members.all():
        grant_mapped(user)


def _members_in(value: Any) -> set[User]:
    """Return the people whom a list of members names; raise ScimError for one that is not there."""
    listed = value if isinstance(value, list) else [value]
    ids = {str(each.get("value", "")) if isinstance(each, Mapping) else "" for each in listed}
    if not all(one.isdecimal() and len(one) < 18 for one in ids):
        raise ScimError("A member is an object whose value is the id of a user.")
    found = set(people().filter(pk__in=ids))
    if len(found) != len(ids):
        raise ScimError("One of the members is not there.")
    return found


def _set_members(group: DirectoryGroup, wanted: set[User]) -> None:
    now = set(group.members.all())
    _change_members(group, add=wanted - now, remove=now - wanted)


def _change_members(
    group: DirectoryGroup,
    add: set[User] | frozenset[User] = frozenset(),
    remove: set[User] | frozenset[User] = frozenset(),
) -> None:
    group.members.add(*add)
    group.members.remove(*remove)
    DirectoryGroup.objects.filter(pk=group.pk).update(updated_at=clock.now())
    for user in sorted(add | remove, key=lambda each: each.pk):
        grant_mapped(user)

"""SCIM 2.0: a directory makes, changes and ends people and groups here. Its own shapes and errors (RFC 7644)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import AppError, Forbidden, Unauthenticated
from apps.core.parsers import JSONBodyParser
from apps.core.renderers import StrictJSONRenderer
from apps.core.rest import answer_error
from apps.orgs import authentication
from apps.orgs.actor import ANONYMOUS, Actor
from apps.orgs.models import DirectoryGroup, User
from apps.orgs.permissions import ALL
from apps.orgs.rest import ActorAPIView
from apps.orgs.scim import description, errors, provisioning, resources
from apps.orgs.scim.patches import read_filter, read_operations

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PAGE, MAX_PAGE = 100, 200
Found = TypeVar("Found", bound=Model)


class ScimRenderer(StrictJSONRenderer):
    """SCIM's own media type."""

    media_type = "application/scim+json"


class ScimParser(JSONBodyParser):
    """SCIM's own media type."""

    media_type = "application/scim+json"


class ScimAuthentication(BaseAuthentication):
    """The token that was set for this, or an administrator's API key that may do all."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return who asks; None for nobody. The token speaks for no person."""
        header = request.headers.get("Authorization", "")
        token = settings.SCIM_TOKEN
        kind, _space, credential = header.partition(" ")
        if token and kind.lower() == "bearer" and constant_time_compare(credential.strip(), token):
            return None, Actor(None, "scim", is_superuser=True)
        actor = authentication.actor_from_header(header)
        return None if actor is None else (None, actor)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="scim"'


class ScimView(ActorAPIView):
    """A SCIM resource. Not among our own REST routes: it answers in its own shapes."""

    schema = None
    allows_anonymous = True  # The token is nobody's; the check is below.
    authentication_classes = [ScimAuthentication]
    parser_classes = [ScimParser, JSONBodyParser]
    renderer_classes = [ScimRenderer]
    throttle_rate: ClassVar[str] = "actor"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        request._request.actor = self.actor  # type: ignore[attr-defined]  # as the middleware does for pages
        if self.actor == ANONYMOUS:
            raise Unauthenticated("Send the SCIM token: Authorization: Bearer TOKEN.")
        is_limited = self.actor.only_org_id is not None or self.actor.only_project_id is not None
        if not self.actor.is_superuser or self.actor.cap != ALL or is_limited:
            raise Forbidden("SCIM is for administrators, by a key with full scope.")

    def handle_exception(self, exc: Exception) -> Response:
        """Answer every error in SCIM's shape."""
        if isinstance(exc, AppError):
            response = errors.answer(exc)
            if exc.status == 401:
                response["WWW-Authenticate"] = 'Bearer realm="scim"'
        else:
            found = answer_error(exc, {})
            if found is None:
                raise exc
            error = AppError(str(found.data["error"]["message"]))
            error.status = found.status_code
            response = errors.answer(error)
        response.exception = True
        return response

    def base(self) -> str:
        """Return the address that locations begin with."""
        return self.request.build_absolute_uri("/").rstrip("/")

    def body(self) -> Mapping[str, Any]:
        """Return what was sent; raise ScimError unless it is an object."""
        data = self.request.data
        if not isinstance(data, Mapping):
            raise errors.ScimError("The body is not an object.", code="invalidSyntax")
        return data

    def page(
        self, found: QuerySet[Found], show: Callable[[list[Found]], list[dict[str, Any]]]
    ) -> Response:
        """Return the page of a list that is asked for."""
        start = max(1, self._number("startIndex", 1))
        count = min(MAX_PAGE, max(0, self._number("count", PAGE)))
        shown = show(list(found[start - 1 : start - 1 + count]))
        return Response(
            {
                "schemas": [LIST],
                "totalResults": found.count(),
                "startIndex": start,
                "itemsPerPage": len(shown),
                "Resources": shown,
            }
        )

    def _number(self, name: str, default: int) -> int:
        text = self.request.query_params.get(name, str(default))
        if not text.removeprefix("-").isdecimal() or len(text) > 9:
            raise errors.ScimError(f"{name} is a whole number.")
        return int(text)


class UserListView(ScimView):
    """People."""

    def get(self, request: Request) -> Response:
        """List people, or those whom a filter means."""
        wanted = read_filter(request.query_params.get("filter", ""), resources.USER_FILTERS)
        found = resources.find_people(wanted).prefetch_related("directory_groups")
        return self.page(found, self._show)

    def _show(self, users: list[User]) -> list[dict[str, Any]]:
        by_user = {link.user_id: link for link in resources.links().filter(user__in=users)}
        return [resources.show_user(user, by_user.get(user.pk), self.base()) for user in users]

    def post(self, request: Request) -> Response:
        """Make a person."""
        user = provisioning.create_person(provisioning.facts_of(self.body()))
        return _user(self, user, status=201)


class UserView(ScimView):
    """One person."""

    def get(self, request: Request, pk: int) -> Response:
        """Return somebody."""
        return _user(self, _get_user(pk))

    def put(self, request: Request, pk: int) -> Response:
        """Write somebody anew; what is not sent stays."""
        facts = provisioning.facts_of(self.body())
        return _user(self, provisioning.update_person(_get_user(pk), facts))

    def patch(self, request: Request, pk: int) -> Response:
        """Change somebody."""
        user = _get_user(pk)
        facts = provisioning.facts_of_patch(read_operations(request.data), user)
        return _user(self, provisioning.update_person(user, facts))

    def delete(self, request: Request, pk: int) -> Response:
        """End somebody's access; what they logged stays."""
        provisioning.delete_person(_get_user(pk))
        return Response(status=204)


def _get_user(pk: int) -> User:
    user = resources.people().filter(pk=pk).first()
    if user is None:
        raise errors.unknown("There is no such user.")
    return user


def _user(view: ScimView, user: User, status: int = 200) -> Response:
    user.refresh_from_db()
    link = resources.links().filter(user=user).first()
    shown = resources.show_user(user, link, view.base())
    return Response(shown, status=status, headers={"Location": shown["meta"]["location"]})


class GroupListView(ScimView):
    """Groups."""

    def get(self, request: Request) -> Response:
        """List groups, or those that a filter means."""
        wanted = read_filter(request.query_params.get("filter", ""), resources.GROUP_FILTERS)
        with_members = "members" not in request.query_params.get("excludedAttributes", "")
        return self.page(
            resources.find_groups(wanted),
            lambda found: [
                resources.show_group(group, self.base(), with_members=with_members)
                for group in found
            ],
        )

    def post(self, request: Request) -> Response:
        """Make a group."""
        return _group(self, provisioning.create_group(self.body()), status=201)


class GroupView(ScimView):
    """One group."""

    def get(self, request: Request, pk: int) -> Response:
        """Return a group."""
        return _group(self, _get_group(pk))

    def put(self, request: Request, pk: int) -> Response:
        """Write a group anew."""
        return _group(self, provisioning.replace_group(_get_group(pk), self.body()))

    def patch(self, request: Request, pk: int) -> Response:
        """Change a group."""
        operations = list(read_operations(request.data))
        return _group(self, provisioning.patch_group(_get_group(pk), operations))

    def delete(self, request: Request, pk: int) -> Response:
        """Delete a group, and take what only it gave."""
        provisioning.delete_group(_get_group(pk))
        return Response(status=204)


def _get_group(pk: int) -> DirectoryGroup:
    group = resources.find_groups(None).filter(pk=pk).first()
    if group is None:
        raise errors.unknown("There is no such group.")
    return group


def _group(view: ScimView, group: DirectoryGroup, status: int = 200) -> Response:
    wanted = view.request.query_params.get("excludedAttributes", "")
    shown = resources.show_group(group, view.base(), with_members="members" not in wanted)
    return Response(shown, status=status, headers={"Location": shown["meta"]["location"]})


class ConfigView(ScimView):
    """What this server can do."""

    def get(self, request: Request) -> Response:
        return Response(description.CONFIG)


class ResourceTypesView(ScimView):
    """What there is."""

    def get(self, request: Request) -> Response:
        return _list(description.RESOURCE_TYPES)


class SchemasView(ScimView):
    """What people and groups are made of."""

    def get(self, request: Request) -> Response:
        return _list(description.SCHEMAS)


def _list(items: list[dict[str, Any]]) -> Response:
    body = {"schemas": [LIST], "totalResults": len(items), "startIndex": 1}
    return Response(body | {"itemsPerPage": len(items), "Resources": items})

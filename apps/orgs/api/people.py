"""REST for people, their keys and orgs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Forbidden
from apps.core.parsers import ShortJSONBodyParser
from apps.core.rest import decode_cursor, dump_many, encode_cursor, parse, read_limit
from apps.orgs import access, credentials, services, tokens, two_factor
from apps.orgs.models import Org, User
from apps.orgs.permissions import Perm
from apps.orgs.rest import AccountAPIView, ActorAPIView, OrgAPIView
from apps.orgs.serializers.people import (
    LoginInput,
    MeOutput,
    OrgChanges,
    OrgInput,
    OrgOutput,
    OrgPageOutput,
    ProfileChanges,
    RefreshInput,
    RegisterInput,
    TokenPairOutput,
)

PAGE = 50
MAX_PAGE = 500


class CredentialsView(ActorAPIView):
    """A REST view that takes a password or token in its body, and so asks for none in a header or cookie."""

    allows_anonymous = True
    authentication_classes = []
    parser_classes = [ShortJSONBodyParser]
    throttle_rate: ClassVar[str] = "credentials"


class RegisterView(CredentialsView):
    """New accounts."""

    @extend_schema(request=RegisterInput, responses={201: TokenPairOutput})
    def post(self, request: Request) -> Response:
        """Make oneself an account, where the installation is open to strangers, and sign in.

        403 `signup_closed` where it is not. Sent twice, the second answers 422: the name is taken.
        """
        if not settings.SIGNUP_OPEN:
            raise Forbidden(
                _(
                    "Sign-up is closed here. Ask an administrator for an account"
                    " (manage.py adduser), or open it with WANLLMDB_SIGNUP_OPEN=true."
                ),
                code="signup_closed",
            )
        user = services.create_user(**parse(RegisterInput, request.data))
        return Response(TokenPairOutput(tokens.issue(user)).data, status=201)


class LoginView(CredentialsView):
    """Signing in."""

    @extend_schema(request=LoginInput, responses=TokenPairOutput)
    def post(self, request: Request) -> Response:
        """Exchange a username or e-mail and a password for a pair of tokens.

        Who has a second factor sends a code of their authenticator app, or a recovery code, as `otp`: 401
        `otp_required` without, `wrong_otp` for a wrong one. 403 `two_factor_required` where the installation asks
        for a second factor that is not set up yet.
        """
        given = parse(LoginInput, request.data)
        code = given.pop("otp", "")
        user = credentials.check(request._request, **given)
        two_factor.check_code(user, code)
        user_logged_in.send(sender=User, request=request._request, user=user)
        return Response(TokenPairOutput(tokens.issue(user)).data)


class RefreshView(CredentialsView):
    """The next pair of tokens."""

    @extend_schema(request=RefreshInput, responses=TokenPairOutput)
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, which works once, for a new pair."""
        pair = tokens.rotate(**parse(RefreshInput, request.data))
        return Response(TokenPairOutput(pair).data)


class LogoutView(CredentialsView):
    """Signing out."""

    @extend_schema(request=RefreshInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """End a refresh token; the access token beside it runs out by itself. Repeating it is no error."""
        tokens.end(**parse(RefreshInput, request.data))
        return Response(status=204)


class MeView(AccountAPIView):
    """Oneself."""

    needs: ClassVar[dict[str, Perm]] = {"PATCH": Perm.ACCOUNT_MANAGE}

    @extend_schema(responses=MeOutput)
    def get(self, request: Request) -> Response:
        """Return who asks, where they belong, and the server's version."""
        return Response(self._dump(access.get_self(self.actor)))

    @extend_schema(request=ProfileChanges, responses=MeOutput)
    def patch(self, request: Request) -> Response:
        """Change one's name, language or theme."""
        changes = parse(ProfileChanges, request.data)
        user = services.update_user(user=access.get_self(self.actor), **changes)
        return Response(self._dump(user))

    def _dump(self, user: User) -> Any:
        return MeOutput(user, context={"actor": self.actor}).data


class OrgListView(AccountAPIView):
    """The organisations that one can see."""

    needs: ClassVar[dict[str, Perm]] = {"POST": Perm.ACCOUNT_MANAGE}

    @extend_schema(
        parameters=[
            OpenApiParameter("cursor", str, description="`next` of the page before."),
            OpenApiParameter("limit", int, description=f"1 to {MAX_PAGE}; {PAGE} if not given."),
        ],
        responses=OrgPageOutput,
    )
    def get(self, request: Request) -> Response:
        """List organisations by name, a page at a time."""
        limit = read_limit(request, PAGE, MAX_PAGE)
        orgs = (
            Org.objects.visible_to(self.actor)
            .with_role_of(self.actor)
            .select_related("parent", "owner")
            .order_by("slug")
        )
        cursor = request.query_params.get("cursor")
        if cursor:
            (slug,) = decode_cursor(cursor, str)
            orgs = orgs.filter(slug__gt=slug)
        found = list(orgs[: limit + 1])
        following = encode_cursor([found[limit - 1].slug]) if len(found) > limit else None
        return Response({"items": dump_many(OrgOutput, found[:limit]), "next": following})

    @extend_schema(request=OrgInput, responses={201: OrgOutput})
    def post(self, request: Request) -> Response:
        """Make an organisation and become its admin. 409 `org_exists` when the name is taken.

        With `parent` it lies within that one, which takes `org.edit` there; 409 `too_deep` below five levels.
        """
        admin = access.get_self(self.actor)
        data: dict[str, Any] = parse(OrgInput, request.data)
        if data.get("parent") is not None:
            data["parent"] = access.get_org(self.actor, data["parent"], Perm.ORG_EDIT)
        org = services.create_org(admin=admin, **data)
        return Response(_dump_org(self, org), status=201)


class OrgDetailView(OrgAPIView):
    """One organisation."""

    needs: ClassVar[dict[str, Perm]] = {"PATCH": Perm.ORG_EDIT}

    @extend_schema(responses=OrgOutput)
    def get(self, request: Request, org: str) -> Response:
        """Return an organisation."""
        return Response(_dump_org(self, self.org))

    @extend_schema(request=OrgChanges, responses=OrgOutput)
    def patch(self, request: Request, org: str) -> Response:
        """Change an organisation's name or description. Its slug stays: it is in everybody's scripts."""
        changed = services.update_org(org=self.org, **parse(OrgChanges, request.data))
        return Response(_dump_org(self, changed))


def _dump_org(view: ActorAPIView, org: Org) -> Any:
    shown = Org.objects.visible_to(view.actor).with_role_of(view.actor).get(pk=org.pk)
    return OrgOutput(shown).data

"""Organisations and who belongs to them, in the admin. What changes rights goes through the services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import ReadOnlyAdmin, export_csv
from apps.core.errors import AppError
from apps.orgs import services
from apps.orgs.admin.people import AdministratorsOnly
from apps.orgs.models import Invitation, Membership, Org, Role, RolePermission, Team, User

INVITATION_FACTS = (
    "org",
    "email",
    "role",
    "team",
    "use_count",
    "max_uses",
    "created_by",
    "created_at",
    "expires_at",
    "revoked_at",
)


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """Who belongs to an organisation, and as what."""

    model = Membership
    autocomplete_fields = ("user",)
    extra = 0
    readonly_fields = ("created_at",)


class TeamInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """The teams of an organisation, to look at."""

    model = Team
    fk_name = "org"
    extra = 0
    can_delete = False
    show_change_link = True
    fields = readonly_fields = ("slug", "title", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Teams are made on the organisation's own page."""
        return False


@admin.register(Org)
class OrgAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Organisations, their members and teams."""

    inlines = [MembershipInline, TeamInline]
    list_display = ("slug", "name", "parent", "owner", "is_personal", "member_count", "created_at")
    list_filter = ("is_personal", ("parent", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("parent", "owner")
    search_fields = ("slug", "name", "owner__username")
    readonly_fields = ("parent", "owner", "is_personal", "created_at")
    actions = [export_csv]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Org]:
        """Count the members in the same query."""
        orgs: QuerySet[Org] = super().get_queryset(request)
        return orgs.annotate(members=Count("memberships"))

    @admin.display(description=gettext_lazy("members"), ordering="members")
    def member_count(self, org: Org) -> int:
        """Return how many members an organisation has."""
        return int(org.members)  # type: ignore[attr-defined]  # annotated by get_queryset

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the slug, which is in people's scripts."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deleting would take projects, runs and metrics along, with no way back."""
        return False

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save members through the services, which keep an owner and an admin, and make caches look again."""
        for membership in formset.save(commit=False):
            self._try(request, services.set_role, membership, role=membership.role_id)
        for membership in formset.deleted_objects:
            self._try(request, services.remove_member, membership)
        formset.save_m2m()

    def _try(self, request: HttpRequest, write: Any, membership: Membership, **words: str) -> None:
        try:
            write(org=membership.org, user=membership.user, **words)
        except AppError as error:
            self.message_user(request, error.message, messages.ERROR)


@admin.register(Membership)
class MembershipAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Who belongs where: found by person and organisation, ended by an action, exported as a table."""

    list_display = ("user", "org", "role", "created_at")
    list_filter = ("role", "org__is_personal", "user__is_active", "created_at")
    list_select_related = ("user", "org", "role")
    search_fields = ("user__username", "user__name", "user__email", "org__slug", "org__name")
    fields = readonly_fields = ("user", "org", "role", "created_at")
    actions = ["remove", export_csv]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Members are added on the organisation's page."""
        return False

    @admin.action(description=gettext_lazy("Remove from the organisation"), permissions=["change"])
    def remove(self, request: HttpRequest, memberships: QuerySet[Membership]) -> None:
        """End the chosen memberships; runs stay."""
        for membership in memberships.select_related("user", "org"):
            try:
                services.remove_member(org=membership.org, user=membership.user)
            except AppError as error:
                self.message_user(request, error.message, messages.ERROR)


class RolePermissionInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """What a role holds, to look at."""

    model = RolePermission
    extra = 0
    can_delete = False
    fields = readonly_fields = ("perm",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Roles are built on the organisation's own page."""
        return False


@admin.register(Role)
class RoleAdmin(ReadOnlyAdmin):
    """Roles: the built-in ones and those of organisations, which are built on their own pages."""

    inlines = [RolePermissionInline]
    list_display = ("key", "label", "org", "holder_count", "created_at")
    list_filter = (("org", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("org",)
    search_fields = ("name", "description", "org__slug")
    fields = ("key", "name", "description", "org", "created_at")
    actions = [export_csv]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        """Count the holders in the same query."""
        roles: QuerySet[Role] = super().get_queryset(request)
        return roles.annotate(holders=Count("memberships"))

    @admin.display(description=gettext_lazy("holders"), ordering="holders")
    def holder_count(self, role: Role) -> int:
        """Return how many memberships give this role."""
        return int(role.holders)  # type: ignore[attr-defined]  # annotated by get_queryset


class TeamMemberInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """Who is in a team, to look at."""

    model = User.groups.through
    fk_name = "group"
    extra = 0
    can_delete = False
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members")
    fields = readonly_fields = ("user",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Members are added on the team's own page, which knows who belongs to the organisation."""
        return False


@admin.register(Team)
class TeamAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Teams: found by name and organisation, deleted by an action."""

    inlines = [TeamMemberInline]
    list_display = ("slug", "title", "org", "member_count", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("org",)
    search_fields = ("slug", "title", "org__slug", "org__name")
    fields = ("org", "slug", "title", "description", "created_at")
    readonly_fields = ("org", "slug", "created_at")
    actions = ["delete_teams", export_csv]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        """Count the members in the same query."""
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(people=Count("user"))

    @admin.display(description=gettext_lazy("members"), ordering="people")
    def member_count(self, team: Team) -> int:
        """Return how many are in a team."""
        return int(team.people)  # type: ignore[attr-defined]  # annotated by get_queryset

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Teams are made on the organisation's own page."""
        return False

    @admin.action(description=gettext_lazy("Delete the teams"), permissions=["change"])
    def delete_teams(self, request: HttpRequest, teams: QuerySet[Team]) -> None:
        """Delete the chosen teams; their members stay in the organisation."""
        for team in teams:
            services.delete_team(team=team)


class InvitationState(admin.SimpleListFilter):
    """Invitations by whether they can still be accepted."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("open", _("Open")), ("ended", _("Used, revoked or expired"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Invitation]
    ) -> QuerySet[Invitation]:
        """Keep the invitations of the chosen state."""
        still_open = Invitation.objects.open().values("pk")
        if self.value() == "open":
            return queryset.filter(pk__in=still_open)
        return queryset.exclude(pk__in=still_open) if self.value() == "ended" else queryset


@admin.register(Invitation)
class InvitationAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Invitations: found by address, organisation and maker, ended by an action. The digest is never shown."""

    list_display = ("__str__", *INVITATION_FACTS)
    list_filter = (InvitationState, "role", "created_at", "expires_at")
    list_select_related = ("org", "role", "team__org", "created_by")
    search_fields = ("email", "org__slug", "created_by__username")
    fields = readonly_fields = INVITATION_FACTS
    actions = ["revoke", export_csv]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Invitations are made on the organisation's own page, which shows the link once."""
        return False

    @admin.action(description=gettext_lazy("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, invitations: QuerySet[Invitation]) -> None:
        """End the chosen invitations at once."""
        for invitation in invitations:
            services.revoke_invitation(invitation=invitation)

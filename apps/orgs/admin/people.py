"""People and API keys in the admin. What changes rights goes through the services."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.core.admin import export_csv
from apps.core.errors import AppError
from apps.orgs import services
from apps.orgs.models import ApiKey, User

KEY_FACTS = ("prefix", "scope", "created_at", "last_used_at", "expires_at", "revoked_at")

admin.site.site_header = admin.site.site_title = "wanLLMDB"
admin.site.index_title = gettext_lazy("Administration")
# Rows of sign-ins by REST hold whole tokens, and an address of allauth's own could be used to take an account over.
admin.site.unregister([OutstandingToken, BlacklistedToken, EmailAddress])


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A new person, by the rules of the service."""

    class Meta:
        model = User
        fields = ("username", "email", "name")

    def clean_username(self) -> str:
        """Refuse a name that an organisation or the product has."""
        username: str = super().clean_username()
        if services.is_taken(username):
            raise ValidationError(_("This name is taken."))
        return username

    def clean_email(self) -> str:
        """Write the address as the sign-in page looks for it."""
        return str(self.cleaned_data.get("email") or "").lower()


class UserForm(UserChangeForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A person's facts and rights."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        """Write the address as the sign-in page looks for it."""
        return str(self.cleaned_data.get("email") or "").lower()

    def clean(self) -> dict[str, Any]:
        """Keep one administrator who can sign in."""
        cleaned = super().clean() or {}
        stays = cleaned.get("is_active", True) and cleaned.get("is_superuser", True)
        if not stays and services.is_last_administrator(self.instance):
            raise ValidationError(_("This is the last administrator. Make another one first."))
        return cleaned


class ApiKeyInline(admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """Somebody's keys, to look at."""

    model = ApiKey
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", *KEY_FACTS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keys are made by their owners, who alone may see the secret."""
        return False


class AdministratorsOnly:
    """Who may set somebody's rights holds them all, so this is not for staff with lesser permissions."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted here: people are deactivated and keys revoked, so that runs keep their authors."""
        return False


class Kind(admin.SimpleListFilter):
    """People or machines."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("person", _("Person")), ("service", _("Service account"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Keep the accounts of the chosen kind."""
        if self.value() == "person":
            return queryset.filter(service_org=None)
        return queryset.exclude(service_org=None) if self.value() == "service" else queryset


@admin.register(User)
class UserAdmin(AdministratorsOnly, DjangoUserAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """People: found by name or address, deactivated and let back in by an action.

    Groups are teams, which know who may be in them: they are changed on their own pages.
    """

    form = UserForm
    add_form = NewUserForm
    inlines = [ApiKeyInline]
    list_display = ("username", "name", "email", "is_active", "is_superuser", "last_login", "date_joined")  # fmt: skip
    list_filter = ("is_active", Kind, "is_superuser", "is_staff", "last_login", "date_joined")
    search_fields = ("username", "name", "email")
    ordering = ("username",)
    readonly_fields = ("last_login", "date_joined")
    actions = ["deactivate", "activate", "revoke_keys", "erase", export_csv]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (gettext_lazy("Person"), {"fields": ("name", "email", "language", "theme")}),
        (
            gettext_lazy("Rights"),
            {"fields": ("is_active", "is_superuser", "is_staff", "user_permissions")},
        ),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "email",
                    "name",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep the username, which is the slug of the personal organisation and in people's scripts."""
        return (*self.readonly_fields, "username") if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show the keys of those who can have some already."""
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Make a new person with all that belongs to one; announce a change of rights."""
        if change:
            super().save_model(request, obj, form, change)
            services.forget_old_addresses(obj)
            services.announce_access_changed(obj.pk)
            return
        data = form.cleaned_data
        made = services.create_user(
            username=data["username"],
            email=data["email"],
            name=data["name"],
            password=data["password1"] if data["set_usable_password"] else None,
        )
        obj.pk = made.pk
        obj.refresh_from_db()

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Set somebody's password, which ends their sessions and tokens."""
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302 and id.isdigit():
            services.announce_access_changed(int(id))
        return response

    @admin.action(description=gettext_lazy("Erase for good, or download their data…"))
    def erase(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Lead to the page that shows what erasing one person would do."""
        if users.count() != 1:
            self.message_user(request, _("Choose one person."), messages.ERROR)
            return None
        return redirect("projects:person-erase", users.get().username)

    @admin.action(description=gettext_lazy("Deactivate"), permissions=["change"])
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """End all access of the chosen people; what they logged stays."""
        self._set_active(request, users, is_active=False)

    @admin.action(description=gettext_lazy("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Let the chosen people back in."""
        self._set_active(request, users, is_active=True)

    def _set_active(self, request: HttpRequest, users: QuerySet[User], *, is_active: bool) -> None:
        for user in users:
            try:
                services.set_active(user=user, is_active=is_active)
            except AppError as error:
                self.message_user(request, error.message, messages.ERROR)

    @admin.action(description=gettext_lazy("Revoke all API keys"), permissions=["change"])
    def revoke_keys(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """End every key of the chosen people."""
        for key in ApiKey.objects.filter(user__in=users, revoked_at=None):
            services.revoke_api_key(key=key)


class KeyState(admin.SimpleListFilter):
    """Keys by what they still open."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("usable", _("Usable")), ("ended", _("Revoked or expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        """Keep the keys of the chosen state."""
        usable = Q(pk__in=ApiKey.objects.usable().values("pk"))
        if self.value() == "usable":
            return queryset.filter(usable)
        return queryset.exclude(usable) if self.value() == "ended" else queryset


@admin.register(ApiKey)
class ApiKeyAdmin(AdministratorsOnly, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """API keys: found by their first characters, ended by an action. The digest is never shown."""

    list_display = ("__str__", "user", *KEY_FACTS)
    list_filter = (KeyState, "scope", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("^prefix", "name", "user__username", "user__email")
    fields = readonly_fields = ("user", "name", *KEY_FACTS)
    actions = ["revoke", export_csv]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keys are made by their owners, who alone may see the secret."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing of a key can be edited; administrators may revoke it."""
        return bool(request.user.is_superuser)

    @admin.action(description=gettext_lazy("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        """End the chosen keys at once."""
        for key in keys:
            services.revoke_api_key(key=key)

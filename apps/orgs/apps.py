from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class OrgsConfig(AppConfig):
    name = "apps.orgs"
    verbose_name = _("People and organisations")

    def ready(self) -> None:
        """Describe our credentials in the API's schema, keep the built-in roles, and hear of new passwords."""
        # Models can be imported only now.
        from allauth.account import signals  # noqa: PLC0415 - see above

        from apps.orgs import accounts, roles, schema  # noqa: F401, PLC0415 - see above; schema registers itself

        post_migrate.connect(roles.write_builtin_roles, sender=self)

        for signal in (signals.password_changed, signals.password_set, signals.password_reset):
            signal.connect(accounts.announce_new_password)

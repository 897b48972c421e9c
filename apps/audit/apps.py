from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "apps.audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        """Hear of every change of people and orgs, of signing in and out, and of tasks."""
        # Models can be imported only now.
        from apps.audit import background, events, people, refused, services, sign_ins  # noqa: PLC0415 - see above

        events.change_seen.connect(services.record_change, dispatch_uid="audit")
        people.connect()
        refused.register_finder(refused.find_org)
        sign_ins.connect()
        background.connect()

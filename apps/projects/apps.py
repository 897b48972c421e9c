from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsConfig(AppConfig):
    name = "apps.projects"
    verbose_name = _("Projects")

    def ready(self) -> None:
        """Have changes audited, sockets look again when rights may have shrunk, and keys be made for a project."""
        # Models can be imported only now.
        from apps.orgs import reach  # noqa: PLC0415 - see above
        from apps.orgs.events import access_changed, member_left, role_changed, team_asked  # noqa: PLC0415 - see above
        from apps.projects import audited, leaving, teams  # noqa: PLC0415 - see above
        from apps.projects.keys import KeyProjects  # noqa: PLC0415 - see above
        from apps.projects.subscriptions import recheck_user  # noqa: PLC0415 - see above

        access_changed.connect(recheck_user)
        member_left.connect(leaving.end_grants)
        role_changed.connect(leaving.tell_holders)
        team_asked.connect(teams.given_to)
        audited.connect()
        reach.projects = KeyProjects()

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class RunsConfig(AppConfig):
    name = "apps.runs"

    def ready(self) -> None:
        from apps.orgs.events import member_left, team_asked  # noqa: PLC0415 - models load only now
        from apps.projects import erasure  # noqa: PLC0415 - as above
        from apps.projects import personal_data as projects_data  # noqa: PLC0415 - as above
        from apps.projects import usage as project_usage  # noqa: PLC0415 - as above
        from apps.runs import audited, leaving, personal_data, teams, usage  # noqa: PLC0415 - as above
        from apps.runs.sql import add_functions  # noqa: PLC0415 - as above

        erasure.register_scrub(personal_data.scrub_environments)
        projects_data.register("runs", personal_data.read_runs)
        project_usage.register(usage.measure_projects)
        usage.register(usage.measure_documents)
        connection_created.connect(add_functions, dispatch_uid="runs.sql")
        member_left.connect(leaving.end_grants)
        audited.connect()
        team_asked.connect(teams.given_to)

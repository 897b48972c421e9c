from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "apps.metrics"

    def ready(self) -> None:
        # Models are ready only now.
        from apps.metrics import receivers, usage  # noqa: PLC0415
        from apps.orgs.events import access_changed  # noqa: PLC0415
        from apps.projects import usage as project_usage  # noqa: PLC0415
        from apps.runs import usage as run_usage  # noqa: PLC0415
        from apps.runs.events import run_ended, run_purging, run_resumed  # noqa: PLC0415

        project_usage.register(usage.measure_projects)
        run_usage.register(usage.measure_runs)
        access_changed.connect(receivers.on_access_changed)
        run_ended.connect(receivers.on_run_ended)
        run_resumed.connect(receivers.on_run_resumed)
        run_purging.connect(receivers.on_run_purging)

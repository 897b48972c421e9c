from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "apps.metrics"

    def ready(self) -> None:
        # Models are ready only now.
        from apps.metrics import receivers  # noqa: PLC0415
        from apps.orgs.events import access_changed  # noqa: PLC0415
        from apps.runs.events import run_ended, run_resumed  # noqa: PLC0415

        access_changed.connect(receivers.on_access_changed)
        run_ended.connect(receivers.on_run_ended)
        run_resumed.connect(receivers.on_run_resumed)

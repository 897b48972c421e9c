"""The Celery application and the one list of periodic jobs."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wanllmdb.settings")

app = Celery("wanllmdb")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # A sweep that could not begin in time is dropped: the next one finds the same work.
    "index-stale-runs": {
        "task": "apps.runs.tasks.index_stale_runs",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "sweep-metrics": {
        "task": "apps.metrics.tasks.sweep",
        "schedule": 2.0,
        "options": {"expires": 2.0},
    },
    "mark-crashed-runs": {"task": "apps.runs.tasks.mark_crashed_runs", "schedule": 15.0},
    "apply-retention": {
        "task": "apps.runs.tasks.apply_retention",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "purge-trash": {
        "task": "apps.runs.tasks.purge_trash",
        "schedule": 900.0,
        "options": {"expires": 900.0},
    },
    "measure-usage": {
        "task": "apps.projects.tasks.measure_usage",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "seal-audit": {
        "task": "apps.audit.tasks.seal",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "forward-audit": {
        "task": "apps.audit.tasks.forward",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "prune-audit": {"task": "apps.audit.tasks.prune", "schedule": 3600.0},
    "prune-sign-ins": {"task": "apps.orgs.tasks.prune_sign_ins", "schedule": 3600.0},
}

"""What a run's overview shows of its documents, in the shape of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from apps.core import json_values
from apps.runs.config_tree import config_tree
from apps.runs.models import Run


def overview(run: Run) -> dict[str, Any]:
    """Return the config as a tree with its number of values, the git facts, the environment and its GPUs."""
    document = run.document
    config = config_tree(dict(json_values.decode(document.config)))
    environment = json_values.decode(document.environment)
    return {
        "config": config,
        "config_count": sum(node.count for node in config),
        "git": json_values.decode(document.git),
        "environment": environment,
        "gpus": gpu_names(environment),
    }


def gpu_names(environment: Mapping[str, Any]) -> list[str]:
    """Name a machine's GPUs, equal ones counted: `["8 × H100 80 GB"]`. Clients send names, or mappings with one."""
    gpus = environment.get("gpus")
    if not isinstance(gpus, list):
        return []
    names = Counter(
        str(gpu.get("name", "GPU") if isinstance(gpu, Mapping) else gpu) for gpu in gpus
    )
    return [name if number == 1 else f"{number} × {name}" for name, number in names.items()]

"""What becomes of a run's folder at its end: removed, sent for children that died, or announced."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wanllm._notice import say
from wanllm._settings import Settings

if TYPE_CHECKING:
    from wanllm._pipeline import Pipeline


def close_folder(
    pipeline: Pipeline, settings: Settings, *, is_confirmed: bool, is_child: bool
) -> None:
    """Remove what the server has confirmed, send what dead children left, and say what remains."""
    folder = pipeline.folder
    if folder is None:
        if not is_confirmed:
            say("some records never reached the server, and there was no disk to keep them on.")
        return
    if is_confirmed:
        if not settings.keep:
            folder.remove_stream(pipeline.stream)
        if not is_child:
            from wanllm._sync import send_orphans

            is_confirmed = send_orphans(folder, settings, own_stream=pipeline.stream)
    if is_confirmed:
        if not settings.keep:
            folder.remove_if_empty()
    elif not is_child:
        command = f"wanllm sync {shlex.quote(str(folder.path))}"
        if settings.mode == "offline":
            say(f"the run is stored offline; send it with: {command}")
        else:
            say(f"not everything has reached the server; send the rest with: {command}")

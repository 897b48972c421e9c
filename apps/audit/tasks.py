"""Background work on the audit log: services called, safe to repeat."""

from typing import Any

from celery import shared_task

from apps.audit import chain, refused, syslog


@shared_task(ignore_result=True)
def seal() -> None:
    """Seal what was written since the last time."""
    while chain.seal() == chain.BATCH:
        pass


@shared_task(ignore_result=True)
def forward() -> None:
    """Send what was sealed since the last time to the syslog server, where there is one."""
    syslog.forward()


@shared_task(ignore_result=True)
def note_denied(source: dict[str, Any], words: dict[str, str], tried: dict[str, Any]) -> None:
    """Record a refused request, if it was about something that is there."""
    refused.record_denied(source, words, tried)


@shared_task(ignore_result=True)
def prune() -> None:
    """Seal stragglers, and cut off what the policy does not keep."""
    while chain.seal(everything=True) == chain.BATCH:
        pass
    chain.prune()

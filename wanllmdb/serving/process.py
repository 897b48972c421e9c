"""From a cold start to answered requests and back, in one process.

Whatever stands in the way of a start is refused with one sentence that says what to do, and exit code 1.
"""

import resource
import signal
from contextlib import ExitStack
from types import FrameType

from django.conf import settings

from apps.core.errors import AppError
from apps.orgs import services as org_services
from wanllmdb import env
from wanllmdb.serving import database, lock, sockets, static_files
from wanllmdb.serving.say import Say
from wanllmdb.serving.server import run_server

# A connection of a client or a browser is a descriptor, and the usual soft limit is 1,024.
WANTED_DESCRIPTORS = 65_536


class Stopped(BaseException):
    """Ctrl-C or SIGTERM came. Not an Exception, so that no error boundary takes it for a failure."""


def serve(*, say: Say) -> None:
    """Serve until SIGINT or SIGTERM; answer what was asked by then, and return.

    Raises SystemExit with a sentence when this process cannot serve.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    _raise_descriptor_limit()
    if not settings.EMBEDDED_WORKER and settings.REDIS_URL is None:
        raise SystemExit(
            "WANLLMDB_EMBEDDED_WORKER=false needs WANLLMDB_REDIS_URL: without Redis no other process can do the work."
        )
    for sentence in env.unknown_variables():
        say(sentence)
    try:
        with ExitStack() as stack:
            stack.enter_context(lock.hold(settings.DATA_DIR, alone=settings.REDIS_URL is None))
            listener = stack.enter_context(sockets.listen(settings.HOST, settings.PORT))
            database.bring_up_to_date(say=say)
            stack.callback(database.checkpoint)
            _ensure_administrator()
            static_files.collect_if_changed(say=say)
            run_server(listener, say=say)
    except Stopped:
        say("Stopped. Everything that was acknowledged is stored.")


def _ensure_administrator() -> None:
    """Make the administrator whom the environment names, if nobody exists yet."""
    try:
        org_services.ensure_administrator()
    except AppError as error:
        raise SystemExit(error.message) from None


def _stop(number: int, frame: FrameType | None) -> None:
    """Leave whatever runs. While the server serves it has a handler of its own, to finish its requests first."""
    raise Stopped


def _raise_descriptor_limit() -> None:
    """Allow as many open connections as the system does without asking anybody."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, WANTED_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

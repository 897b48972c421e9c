"""The ASGI server, with the background worker beside it."""

import socket

import uvicorn
from django.conf import settings

from wanllmdb.serving import sockets
from wanllmdb.serving.say import Say
from wanllmdb.serving.worker import EmbeddedWorker

# What a stop waits for: requests under way, then background work under way. Neither loses anything when cut
# off: an unacknowledged request is sent again, and unfinished background work is found again.
GRACE_S = 10
# Longer than the 60 s that balancers keep a connection: the side that reuses it must be the first to let go.
KEEP_ALIVE_S = 75
# Pages send subscriptions, which are short.
MAX_SOCKET_MESSAGE = 64 * 1024


class Server(uvicorn.Server):
    """uvicorn, which says when it is ready, and on which address."""

    def __init__(self, config: uvicorn.Config, *, address: str, say: Say) -> None:
        super().__init__(config)
        self.address = address
        self.say = say

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.say(f"wanLLMDB {settings.VERSION} is ready on {self.address} (Ctrl-C stops it)")


def run_server(listener: socket.socket, *, say: Say) -> None:
    """Answer on `listener` until a signal comes, which is raised again at the end."""
    # WhiteNoise lists the static files when the application is made, and they have only just been collected.
    from wanllmdb.asgi import application  # noqa: PLC0415 - see above

    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Who asks and by which scheme is decided in settings (WANLLMDB_BEHIND_PROXY), once.
        proxy_headers=False,
        backlog=sockets.BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        ws_max_size=MAX_SOCKET_MESSAGE,
    )
    address = sockets.url(listener)
    if settings.BASE_URL:
        address = f"{settings.BASE_URL}, listening on {address}"
    worker = EmbeddedWorker() if settings.EMBEDDED_WORKER else None
    if worker:
        worker.start()
    try:
        Server(config, address=address, say=say).run([listener])
    finally:
        if worker:
            worker.stop(deadline_s=GRACE_S)

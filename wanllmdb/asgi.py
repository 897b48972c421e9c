"""The ASGI application: Django for HTTP but for the one hot route, Channels for the live socket."""

import asyncio
import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wanllmdb.settings")
django_application = get_asgi_application()

# Apps may be imported only now that Django is set up.
from apps.core import live  # noqa: E402
from apps.metrics.ingest import is_for_stream, stream_app  # noqa: E402
from wanllmdb.body_limit import limit_body  # noqa: E402
from wanllmdb.urls import socket_urls  # noqa: E402

limited_application = limit_body(django_application)


async def http(scope: Any, receive: Any, send: Any) -> None:
    """Points go past Django's middleware, which would cost more than storing them."""
    application = stream_app if is_for_stream(scope) else limited_application
    await application(scope, receive, send)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Lend this process's event loop to the nudges while it serves."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            live.serve_from(asyncio.get_running_loop())
            await send({"type": "lifespan.startup.complete"})
        else:
            live.serve_from(None)
            await send({"type": "lifespan.shutdown.complete"})
            return


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(socket_urls))),
        "lifespan": lifespan,
    }
)

"""Where projects are: `api_urls` under /api/v1, `socket_urls` for the live socket."""

from django.urls import path

from apps.projects import consumers

app_name = "projects"
socket_urls = [path("ws/live", consumers.LiveConsumer.as_asgi())]

"""Where projects are: `web_urls` at the root, `socket_urls` for the live socket."""

from django.urls import path

from apps.projects import consumers, views

app_name = "projects"
web_urls = [path("new", views.new, name="new")]
socket_urls = [path("ws/live", consumers.LiveConsumer.as_asgi())]

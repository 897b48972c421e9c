from django.apps import AppConfig


class WanllmdbConfig(AppConfig):
    name = "wanllmdb"

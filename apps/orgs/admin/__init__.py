"""What administrators see of people and organisations: Django finds the admin by this name."""

from apps.orgs.admin import orgs, people, sign_in

__all__ = ["orgs", "people", "sign_in"]

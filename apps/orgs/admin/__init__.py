"""What administrators see of people and organisations: Django finds the admin by this name."""

from apps.orgs.admin import federation, orgs, people, quotas, sign_in

__all__ = ["federation", "orgs", "people", "quotas", "sign_in"]

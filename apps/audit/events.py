"""News within this app: its models hear of changes first, and its services are above them."""

from django.dispatch import Signal

# django-auditlog has seen a registered model change. Sent with instance, operation and changes.
change_seen = Signal()

"""News from runs that upper apps listen to; sent on commit with run_id (int) and uid (str)."""

from django.dispatch import Signal

run_ended = Signal()

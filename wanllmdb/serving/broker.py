"""kombu's in-memory broker, made to look for messages, and for a stop, ten times a second.

By default a task would wait up to a second to be found, and a stop up to two. An idle look costs about 20 µs.
"""

from typing import Any

from kombu.transport import memory

LOOK_S = 0.1


class Transport(memory.Transport):
    """The queue of tasks within one process."""

    polling_interval = LOOK_S

    def drain_events(self, connection: Any, timeout: float | None = None, **kwargs: Any) -> None:
        """Deliver the next message, or raise TimeoutError after one look without any."""
        super().drain_events(connection, timeout=LOOK_S)

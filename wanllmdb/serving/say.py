"""How a start tells the person at the terminal what it does."""

from collections.abc import Callable

Say = Callable[[str], None]

"""Short random identifiers."""

import secrets

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def random_id(length: int) -> str:
    """Return `length` random characters of [0-9a-z]; 16 of them hold 82 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))

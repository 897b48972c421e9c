"""`wanllm login`: check a key, keep it."""

from __future__ import annotations

import getpass
import os
import re
import sys

from wanllm._errors import Error, Refused, Retry
from wanllm._http import Client
from wanllm._notice import say
from wanllm._settings import resolve_base_url, store_api_key

_KEY = re.compile(r"[0-9a-f]{40}\Z")


def login_to(api_key: str | None, *, base_url: str | None) -> str:
    """Check `api_key` with the server, store it, return the user's name. Raises Error."""
    url = resolve_base_url(os.environ, base_url)
    key = (api_key or _ask(url)).strip()
    if not _KEY.match(key):
        raise Error(f"An API key has 40 hexadecimal characters; make one at {url}/settings/keys.")
    client = Client(url, key)
    try:
        user = str(client.call("GET", "auth/me")["username"])
    except Refused as refusal:
        if refusal.status == 401:
            raise Error(f"{url} does not know this key; make one at {url}/settings/keys.") from None
        raise Error(str(refusal)) from None
    except Retry as retry:
        raise Error(f"{retry}. Is the server running, and is the URL right?") from None
    finally:
        client.close()
    path = store_api_key(url, key)
    say(f"signed in to {url} as {user}; the key is in {path}")
    return user


def _ask(url: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    say(f"make an API key at {url}/settings/keys")
    return getpass.getpass("API key (not shown): ")

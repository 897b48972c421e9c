"""HTTP to one server: one kept connection, answers sorted into "again later" and "no"."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.parse
import urllib.request
from typing import Any

from wanllm._errors import Refused, Retry
from wanllm._notice import warn_once
from wanllm._version import __version__

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 30.0
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


class Client:
    """Requests to one wanLLMDB server. Not for use by two threads at once."""

    def __init__(self, base_url: str, api_key: str | None) -> None:
        self.base_url = base_url
        self._url = urllib.parse.urlsplit(base_url)
        self._api_key = api_key
        self._connection: http.client.HTTPConnection | None = None
        self._prefix = self._url.path.rstrip("/")

    def call(self, method: str, path: str, payload: Any = None, **headers: str) -> dict[str, Any]:
        """Send JSON to an /api/v1 path and return the answer. Raises Retry or Refused."""
        body = None if payload is None else json.dumps(payload).encode()
        return self.send(method, path, body, {"Content-Type": "application/json", **headers})

    def send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        """Send a body as it is and return the JSON answer. Raises Retry or Refused."""
        headers = {
            "User-Agent": f"wanllm/{__version__}",
            "Accept": "application/json",
            **headers,
        }
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        try:
            status, answer_headers, content = self._exchange(method, path, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Retry(f"{self.base_url} does not answer ({_reason(error)})") from error
        warning = answer_headers.get("X-Quota-Warning")
        if warning:
            what = " ".join(urllib.parse.unquote(warning).split())
            warn_once("quota", f"a limit on the server is nearly reached: {what[:200]}.")
        return self._judge(status, answer_headers, content)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        is_kept = self._connection is not None
        try:
            return self._once(method, path, body, headers)
        except (ConnectionError, http.client.BadStatusLine):
            # The server may close a kept connection just as we use it; every request of ours is
            # idempotent, so a second try on a fresh connection is safe.
            self.close()
            if not is_kept:
                raise
            return self._once(method, path, body, headers)

    def _once(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        if self._connection is None:
            self._connection = self._connect()
        connection = self._connection
        connection.request(method, f"{self._prefix}/api/v1/{path}", body, headers)
        response = connection.getresponse()
        content = response.read()
        if response.will_close:
            self.close()
        return response.status, response.headers, content

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        is_https = self._url.scheme == "https"
        proxy = _proxy_for(self._url)
        if proxy is not None:
            target = (host, port or (443 if is_https else 80))
            connection = _new_connection(is_https, proxy.hostname or "", proxy.port)
            connection.set_tunnel(*target)
        else:
            connection = _new_connection(is_https, host, port)
        connection.connect()
        if connection.sock is not None:
            connection.sock.settimeout(READ_TIMEOUT_S)
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _judge(
        self, status: int, headers: http.client.HTTPMessage, content: bytes
    ) -> dict[str, Any]:
        try:
            answer = json.loads(content) if content else {}
        except ValueError:
            answer = {}
        answer = answer if isinstance(answer, dict) else {"items": answer}
        if 200 <= status < 300:
            return answer
        if status in _BUSY:
            after = _seconds(headers.get("Retry-After")) or _seconds(answer.get("retry_after"))
            raise Retry(f"{self.base_url} answered {status}", after)
        if 300 <= status < 400:
            where = headers.get("Location", "another address")
            message = f"{self.base_url} redirects to {where}: set WANLLM_BASE_URL to that server."
            raise Refused(status, "redirect", message, answer)
        error = answer.get("error")
        error = error if isinstance(error, dict) else {}
        message = str(error.get("message") or f"{self.base_url} answered {status}.")
        raise Refused(status, str(error.get("code", "")), message, answer)


def _new_connection(is_https: bool, host: str, port: int | None) -> http.client.HTTPConnection:
    if is_https:
        context = ssl.create_default_context()  # honours SSL_CERT_FILE and SSL_CERT_DIR
        return http.client.HTTPSConnection(host, port, timeout=CONNECT_TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)


def _proxy_for(url: urllib.parse.SplitResult) -> urllib.parse.SplitResult | None:
    """Return the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY ask for, if any."""
    proxies = urllib.request.getproxies()
    if url.scheme not in proxies or urllib.request.proxy_bypass(url.netloc):
        return None
    proxy = proxies[url.scheme]
    return urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def _seconds(value: object) -> float | None:
    """Return a wait in seconds as servers write it; None for dates and nonsense."""
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if 0 < seconds < 86_400 else None


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)

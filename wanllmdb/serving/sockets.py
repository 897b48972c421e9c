"""The listening socket, taken before anything else is done so that a port in use is known at once."""

import errno
import socket

BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host`:`port`; clients that come early wait in its queue.

    Raises SystemExit with a sentence when the address cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror:
        raise SystemExit(_not_here(host)) from None
    listener = socket.socket(family, kind, protocol)
    # The connections of a server that has just stopped must not block its successor.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SystemExit(_sentence(error, host, port)) from None
    return listener


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use: stop what uses it, or choose another with WANLLMDB_PORT."
    if error.errno == errno.EACCES:
        return f"This user may not use port {port}: choose one above 1023 with WANLLMDB_PORT."
    if error.errno == errno.EADDRNOTAVAIL:
        return _not_here(host)
    return f"{host}:{port} cannot be listened on ({error.strerror}): change WANLLMDB_HOST or WANLLMDB_PORT."


def _not_here(host: str) -> str:
    return (
        f"WANLLMDB_HOST={host!r} is no address of this machine: use 127.0.0.1 (only this machine can connect), "
        "0.0.0.0 (everybody can) or one of its own addresses."
    )


def url(listener: socket.socket) -> str:
    """Return the address to open in a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound  # nosec B104
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

"""HTTP servers of tests, in a thread of their own, that answer and end at once."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Iterator

# How often a server looks whether it is to end; half a second, Python's own, adds up.
_POLL_SECONDS = 0.01


class Handler(http.server.BaseHTTPRequestHandler):
    """Says nothing, and sends the body without waiting for the receipt of the headers."""

    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""


@contextlib.contextmanager
def running(server: http.server.HTTPServer) -> Iterator[str]:
    """Let a server serve; yields its address, `HOST:PORT`."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        host, port = server.server_address[:2]
        yield f"{host!s}:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""Batches, read by parsers that others wrote."""

from __future__ import annotations

import http.server
import io
import urllib.parse
from email.parser import BytesParser
from email.policy import HTTP

import pytest

from pulumi_powerautomate.client.http import batch


class _Reader(http.server.BaseHTTPRequestHandler):
    """Python's server, reading one request of a text."""

    def __init__(self, raw: bytes) -> None:
        self.rfile = io.BytesIO(raw)
        self.wfile = io.BytesIO()
        self.client_address = ("", 0)
        self.raw_requestline = self.rfile.readline()
        self.requestline, self.request_version, self.command = "", "", ""

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(
    "query",
    [
        "$select=importjobid&$filter=solutionname eq 'Contoso'&$orderby=createdon desc",
        "$filter=name%20eq%20'100%25'",
        "$filter=name eq 'Prüfung'",
    ],
)
def test_parts_are_http_requests(query: str) -> None:
    """A request line has three words, by the word of Python's server, and loses nothing."""
    url = f"https://contoso.example/api/data/v9.2/importjobs?{query}"
    content, kind = batch.written([url, url])
    whole = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + content)
    parts = list(whole.iter_parts())
    assert len(parts) == 2
    for part in parts:
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        reader = _Reader(raw)
        assert reader.parse_request()
        assert reader.command == "GET"
        assert reader.path.isascii()
        assert urllib.parse.unquote(reader.path) == urllib.parse.unquote(url)

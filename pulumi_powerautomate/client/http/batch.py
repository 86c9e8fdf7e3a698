"""
Several reads in one request, and their responses taken apart.

Source: "Execute batch operations using the Web API": parts of type `application/http`, one after
the other, answered in the same order.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from requests.utils import requote_uri

Part = tuple[int, Mapping[str, str], bytes]


def written(urls: Sequence[str]) -> tuple[bytes, str]:
    """Body and content type of a batch that reads these addresses."""
    boundary = f"batch_{uuid.uuid4()}"
    lines = []
    for url in urls:
        lines += [
            f"--{boundary}",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            f"GET {requote_uri(url)} HTTP/1.1",
            "Accept: application/json",
            "",
            "",
        ]
    lines += [f"--{boundary}--", ""]
    return "\r\n".join(lines).encode(), f'multipart/mixed; boundary="{boundary}"'


def read(content_type: str, raw: bytes) -> list[Part]:
    """
    Status, headers and body of each part.

    Raises:
        ValueError: it is not a whole multipart answer.
    """
    whole = BytesParser(policy=HTTP).parsebytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + raw
    )
    if not whole.is_multipart() or whole.defects:
        raise ValueError("not a whole multipart answer")
    return [_part(part) for part in whole.iter_parts()]


def _part(part: Message) -> Part:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise ValueError("a part without content")
    line, _, rest = content.lstrip(b"\r\n").partition(b"\n")
    words = line.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise ValueError("a part without a status line")
    message = BytesParser(policy=HTTP).parsebytes(rest)
    body = message.get_payload(decode=True)
    headers = {name: str(value) for name, value in message.items()}
    return int(words[1]), headers, body if isinstance(body, bytes) else b""

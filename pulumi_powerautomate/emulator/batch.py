"""
`$batch`: several requests in one, with change sets that succeed or fail together.

Source: "Execute batch operations using the Web API". Clients differ in how they write the parts:
line ends, quotes around the boundary, absolute or relative addresses.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlsplit

from .request import Request
from .responses import Response, ServiceError, bad_syntax, service_headers
from .store import Store

_MOST_PARTS = 1000
Handle = Callable[[Request], Response]


@dataclass
class _Part:
    headers: dict[str, str]
    request: Request
    content_id: str


class _Failed(Exception):
    def __init__(self, response: Response, content_id: str) -> None:
        super().__init__()
        self.response = response
        self.content_id = content_id


def run(request: Request, handle: Handle, store: Store) -> Response:
    """Carry out a batch."""
    boundary = _boundary(request.headers.get("content-type", ""))
    pieces = _pieces(request.body.decode("utf-8"), boundary)
    if len(pieces) > _MOST_PARTS:
        raise ServiceError(400, "0x80060888", f"A batch holds at most {_MOST_PARTS} requests.")
    keep_going = request.prefers("odata.continue-on-error") is not None
    answers: list[str] = []
    status = 200
    for piece in pieces:
        text, worst = _piece(piece, request, handle, store)
        answers.append(text)
        if worst >= 400 and not keep_going:
            status = worst
            break
    name = f"batchresponse_{uuid.uuid4()}"
    body = "".join(f"--{name}\r\n{text}\r\n" for text in answers) + f"--{name}--\r\n"
    return Response(
        status, None, {"Content-Type": f"multipart/mixed; boundary={name}"}, raw=body.encode()
    )


def _piece(piece: str, outer: Request, handle: Handle, store: Store) -> tuple[str, int]:
    headers, body = _headers(piece)
    kind = headers.get("content-type", "")
    if kind.startswith("multipart/mixed"):
        return _change_set(body, _boundary(kind), outer, handle, store)
    part = _part(headers, body, outer, {})
    response = handle(part.request)
    return _written(response, part.content_id), response.status


def _change_set(
    text: str, boundary: str, outer: Request, handle: Handle, store: Store
) -> tuple[str, int]:
    known: dict[str, str] = {}
    written: list[str] = []
    store.begin()
    try:
        for piece in _pieces(text, boundary):
            part = _part(*_headers(piece), outer, known)
            if part.request.method == "GET":
                raise bad_syntax("A change set holds no GET requests.")
            if not part.content_id:
                raise bad_syntax("Content-ID header not present")
            response = handle(part.request)
            if response.status >= 400:
                raise _Failed(response, part.content_id)
            known[part.content_id] = response.headers.get("OData-EntityId", "")
            written.append(_written(response, part.content_id))
        store.commit()
    except _Failed as failed:
        store.rollback()
        return _written(failed.response, failed.content_id), failed.response.status
    except ServiceError as error:
        store.rollback()
        return _written(error.response(), ""), error.status
    name = f"changesetresponse_{uuid.uuid4()}"
    inner = "".join(f"--{name}\r\n{part}\r\n" for part in written)
    return f"Content-Type: multipart/mixed; boundary={name}\r\n\r\n{inner}--{name}--\r\n", 200


def _part(headers: dict[str, str], body: str, outer: Request, known: dict[str, str]) -> _Part:
    line, _, rest = body.lstrip("\n").partition("\n")
    match = re.match(r"(\w+) (.+) HTTP/\d(?:\.\d)?$", line.strip())
    if match is None:
        raise bad_syntax(f"Invalid request line in a batch: '{line.strip()}'.")
    inner, content = _headers(rest)
    path, query = _address(match[2], known)
    content_id = headers.get("content-id") or inner.get("content-id") or ""
    for reference in re.findall(r'"\$(\w+)"', content):
        if reference not in known:
            raise _unknown_reference(reference)
        content = content.replace(f'"${reference}"', f'"{known[reference]}"')
    request = replace(
        outer,
        method=match[1],
        path=path,
        query=query,
        headers=inner,
        body=content.strip("\n").encode(),
    )
    return _Part(headers, request, content_id)


def _address(url: str, known: dict[str, str]) -> tuple[str, str]:
    if url.startswith("$") and not url.startswith("$metadata"):
        reference, slash, rest = url[1:].partition("/")
        if reference not in known:
            raise _unknown_reference(reference)
        url = known[reference] + slash + rest
    parts = urlsplit(url)
    path = re.sub(r"^/api/data/v9\.[0-9.]+/", "", parts.path)
    return path.lstrip("/"), parts.query


def _unknown_reference(name: str) -> ServiceError:
    return ServiceError(
        400,
        "0x80060888",
        f"Content-ID Reference: '${name}' does not exist in the batch context.",
    )


def _boundary(content_type: str) -> str:
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if match is None:
        raise bad_syntax("The Content-Type header of a batch names no boundary.")
    return match[1].strip()


def _pieces(text: str, boundary: str) -> list[str]:
    text = text.replace("\r\n", "\n")
    if f"--{boundary}--" not in text:
        raise bad_syntax("The batch has no end boundary.")
    inside = ("\n" + text).split(f"\n--{boundary}--")[0]
    return inside.split(f"\n--{boundary}\n")[1:]


def _headers(text: str) -> tuple[dict[str, str], str]:
    head, _, body = text.lstrip("\n").partition("\n\n")
    found = {}
    for line in head.splitlines():
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    return found, body


def _written(response: Response, content_id: str) -> str:
    ours = service_headers()
    headers = {name: ours[name] for name in ("OData-Version", "x-ms-service-request-id", "REQ_ID")}
    headers.update(response.headers)
    if response.status >= 400:
        headers.setdefault("Content-Type", "application/json; odata.metadata=minimal")
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if content_id:
        lines.append(f"Content-ID: {content_id}")
    status = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"
    inner = [status, *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", *inner, "", response.content().decode()])

"""
`$batch`: several requests in one, with change sets that succeed or fail together.

Source: "Execute batch operations using the Web API". Clients differ in how they write the parts:
line ends, quotes around the boundary, absolute or relative addresses.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from .environment import Environment
from .request import Request
from .responses import Response, ServiceError, bad_syntax, service_headers, unexpected

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


def run(request: Request, handle: Handle, environment: Environment) -> Response:
    """Carry out a batch: each request, and each change set, stands or falls alone."""
    boundary = _boundary(request.headers.get("content-type", ""))
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise bad_syntax("The body of a batch is not UTF-8.") from None
    pieces = _pieces(text, boundary)
    if sum(_size(piece) for piece in pieces) > _MOST_PARTS:
        raise ServiceError(400, "0x80060888", f"A batch holds at most {_MOST_PARTS} requests.")
    keep_going = request.prefers("odata.continue-on-error") is not None
    responses: list[str] = []
    status = 200
    for piece in pieces:
        written, worst = _piece(piece, request, handle, environment)
        responses.append(written)
        if worst >= 400 and not keep_going:
            status = worst if environment.switches["batch_failure_status"] == "part" else 200
            break
    name = f"batchresponse_{uuid.uuid4()}"
    body = "".join(f"--{name}\r\n{part}\r\n" for part in responses) + f"--{name}--\r\n"
    return Response(
        status, None, {"Content-Type": f"multipart/mixed; boundary={name}"}, raw=body.encode()
    )


def _size(piece: str) -> int:
    """How many requests a piece holds; a piece that cannot be read rejects the whole batch."""
    headers, body = _headers(piece)
    kind = headers.get("content-type", "")
    if not kind.startswith("multipart/mixed"):
        _request_line(body)
        return 1
    inner = _pieces(body, _boundary(kind))
    for part in inner:
        _request_line(_headers(part)[1])
    return len(inner)


def _piece(piece: str, outer: Request, handle: Handle, environment: Environment) -> tuple[str, int]:
    headers, body = _headers(piece)
    kind = headers.get("content-type", "")
    if kind.startswith("multipart/mixed"):
        return _change_set(body, _boundary(kind), outer, handle, environment)
    content_id = headers.get("content-id", "")
    try:
        part = _part(headers, body, outer, {})
        response = environment.carried_out(lambda: handle(part.request))
    except ServiceError as error:
        response = error.response()
    except Exception as error:
        response = unexpected(error).response()
    return _written(response, content_id), response.status


def _change_set(
    text: str, boundary: str, outer: Request, handle: Handle, environment: Environment
) -> tuple[str, int]:
    written: list[str] = []
    try:
        with environment.unit():
            _carry_out(text, boundary, outer, handle, written)
    except _Failed as failed:
        return _written(failed.response, failed.content_id), failed.response.status
    except ServiceError as error:
        return _written(error.response(), ""), error.status
    except Exception as error:
        return _written(unexpected(error).response(), ""), 500
    name = f"changesetresponse_{uuid.uuid4()}"
    inner = "".join(f"--{name}\r\n{part}\r\n" for part in written)
    return f"Content-Type: multipart/mixed; boundary={name}\r\n\r\n{inner}--{name}--\r\n", 200


def _carry_out(
    text: str, boundary: str, outer: Request, handle: Handle, written: list[str]
) -> None:
    known: dict[str, str] = {}
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


def _request_line(body: str) -> tuple[str, str, str]:
    """Method, URL and what follows of a request inside a batch."""
    line, _, rest = body.lstrip("\n").partition("\n")
    match = re.match(r"(\w+) (.+) HTTP/\d(?:\.\d)?$", line.strip())
    if match is None:
        raise bad_syntax(f"Invalid request line in a batch: '{line.strip()[:200]}'.")
    return match[1], match[2], rest


def _part(headers: dict[str, str], body: str, outer: Request, known: dict[str, str]) -> _Part:
    method, url, rest = _request_line(body)
    inner, content = _headers(rest)
    path, query = _address(url, known)
    content_id = headers.get("content-id") or inner.get("content-id") or ""
    if '"$' in content:
        content = _resolved(content, known)
    request = replace(
        outer,
        method=method,
        path=path,
        query=query,
        headers=inner,
        body=content.strip("\n").encode(),
    )
    return _Part(headers, request, content_id)


def _resolved(content: str, known: dict[str, str]) -> str:
    """The body with its references to earlier requests, which stand in links and nowhere else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return content
    return json.dumps(_linked(value, known), ensure_ascii=False)


def _linked(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_linked(item, known) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, item in value.items():
        is_link = name == "@odata.id" or name.endswith("@odata.bind")
        if is_link and isinstance(item, list):
            found[name] = [_link(link, known) for link in item]
        else:
            found[name] = _link(item, known) if is_link else _linked(item, known)
    return found


def _link(link: Any, known: dict[str, str]) -> Any:
    if not isinstance(link, str) or not link.startswith("$"):
        return link
    reference, slash, rest = link[1:].partition("/")
    if reference not in known:
        raise _unknown_reference(reference)
    return known[reference] + slash + rest


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

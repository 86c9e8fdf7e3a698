"""
Reading rows over HTTP: collections, single rows, columns, and what is related to them.

Source: "Query data using the Web API" and "Retrieve a table row using the Web API".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from . import privileges
from .environment import Environment
from .flows import runs
from .keys import find_row
from .preferences import ok, page_size
from .query import Query, Scope, apply, fetchxml, paging, parse
from .query.fetch import FetchRun
from .request import Request, Segment
from .responses import (
    Response,
    ServiceError,
    bad_argument,
    bad_syntax,
    does_not_exist,
    no_such_segment,
    not_implemented,
)
from .row_json import METADATA_VERSION, RowWriter, context_columns, etag
from .scopes import is_visible, related, scope_of, visible
from .store import Row
from .tables import BY_SET, COLLECTIONS, Table

_MOST_PER_PAGE = 5000
_COUNT_CAP = 5000
_PAGING_COOKIE = "Microsoft.Dynamics.CRM.fetchxmlpagingcookie"
_MORE_RECORDS = "Microsoft.Dynamics.CRM.morerecords"


def collection(environment: Environment, table: Table, request: Request) -> Response:
    """GET of an entity set."""
    privileges.require(environment, request, "Read", table)
    rows = privileges.readable(environment, request, table, visible(environment, table))
    return listed(environment, table, rows, request, table.entity_set)


def listed(
    environment: Environment, table: Table, rows: list[Row], request: Request, context: str
) -> Response:
    """The rows of a collection that the options of a request ask for."""
    if request.prefers("odata.track-changes") is not None:
        raise not_implemented("change tracking (Prefer: odata.track-changes)")
    scope = scope_of(environment, request)
    query = parse(table, request.options, scope)
    writer = RowWriter(request, scope)
    if query.fetch_xml is not None:
        return _fetched(table, query, request, scope, writer)
    rows = [row for row in rows if query.passes(row)]
    if query.apply is not None:
        return _applied(table, query, rows, request, scope, writer)
    columns = context_columns(query)
    body: dict[str, Any] = {
        "@odata.context": f"{request.root}$metadata#{context}{f'({columns})' if columns else ''}"
    }
    if query.count:
        body["@odata.count"] = min(len(rows), _COUNT_CAP)
    body.update(_totals(writer, len(rows) if query.count else None))
    page, next_link = _page(table, query, rows, request)
    body["value"] = [writer.row(table, row, query) for row in page]
    if next_link:
        body["@odata.nextLink"] = next_link
    return ok(200, body, request)


def count(environment: Environment, table: Table, request: Request) -> Response:
    """GET of `/$count` of an entity set."""
    privileges.require(environment, request, "Read", table)
    rows = privileges.readable(environment, request, table, visible(environment, table))
    return _counted(environment, table, rows, request)


def row(environment: Environment, table: Table, key: str, request: Request) -> Response:
    """GET of one row."""
    return single(environment, table, _readable(environment, table, key, request), request)


def below(
    environment: Environment,
    table: Table,
    key: str,
    request: Request,
    rest: Sequence[Segment],
) -> Response:
    """GET of something below a row: a column, a related row, related rows."""
    return _below(environment, table, _readable(environment, table, key, request), request, rest)


def representation(
    environment: Environment, table: Table, found: Row, request: Request, *, created: bool
) -> Response:
    """The response to a write that asked for the row; `$expand` counts on create alone."""
    taken = ("$select", "$expand") if created else ("$select",)
    scope = scope_of(environment, request)
    options = {name: value for name, value in request.options.items() if name in taken}
    query = parse(table, options, scope)
    body = {"@odata.context": _context(table, request, query)}
    body.update(RowWriter(request, scope).row(table, found, query))
    headers = {"Preference-Applied": "return=representation", "ETag": etag(found)}
    return ok(201 if created else 200, body, request, headers)


def _readable(environment: Environment, table: Table, key: str, request: Request) -> Row:
    privileges.require(environment, request, "Read", table)
    runs.forget_expired(environment, table)
    found = find_row(environment, table, key, request)
    if not is_visible(environment, found):
        raise does_not_exist(table.logical, found[table.key])
    privileges.require(environment, request, "Read", table, found)
    return found


def single(environment: Environment, table: Table, found: Row, request: Request) -> Response:
    """One row, with what the options of a request ask for."""
    scope = scope_of(environment, request)
    query = parse(table, request.options, scope)
    for name in ("$filter", "$orderby", "$top", "$count", "$apply"):
        if name in request.options:
            raise bad_syntax(f"The query option '{name}' is for collections only.")
    writer = RowWriter(request, scope)
    plain = not query.expand and request.prefers("odata.include-annotations") is None
    if plain and request.headers.get("if-none-match") == etag(found):
        return Response(304, None, {"ETag": etag(found)})
    body = {"@odata.context": _context(table, request, query)}
    body.update(writer.row(table, found, query))
    return ok(200, body, request, {"ETag": etag(found)})


def _below(
    environment: Environment,
    table: Table,
    found: Row,
    request: Request,
    rest: Sequence[Segment],
) -> Response:
    name, arguments = rest[0].name, rest[0].arguments
    if name in table.lookup_by_name and arguments is None:
        return _related(environment, table, found, request, rest)
    if name in COLLECTIONS.get(table.logical, {}):
        return _children(environment, table, found, request, rest)
    if arguments is not None or name not in table.readable:
        raise no_such_segment(name)
    if len(rest) == 2 and rest[1].name == "$value":
        if found.get(name) is None:
            return Response(204)
        text = str(found[name]).encode()
        return Response(200, None, {"Content-Type": "text/plain"}, raw=text)
    if len(rest) > 1:
        raise no_such_segment(rest[1].name)
    if found.get(name) is None:
        return Response(204)
    context = f"{request.root}$metadata#{table.entity_set}({found[table.key]})/{name}"
    return ok(200, {"@odata.context": context, "value": found[name]}, request)


def _related(
    environment: Environment,
    table: Table,
    found: Row,
    request: Request,
    rest: Sequence[Segment],
) -> Response:
    lookup = table.lookup_by_name[rest[0].name]
    target = related(environment, found, lookup)
    if target is None:
        return Response(204)
    other, row_ = target
    privileges.require(environment, request, "Read", other, row_)
    tail = [segment for segment in rest[1:] if not segment.name.startswith("Microsoft.Dynamics")]
    if not tail:
        return single(environment, other, row_, request)
    if tail[0].name == "$ref":
        url = f"{request.root}{other.entity_set}({row_[other.key]})"
        return ok(
            200, {"@odata.context": f"{request.root}$metadata#$ref", "@odata.id": url}, request
        )
    return _below(environment, other, row_, request, tail)


def _children(
    environment: Environment,
    table: Table,
    found: Row,
    request: Request,
    rest: Sequence[Segment],
) -> Response:
    described = COLLECTIONS[table.logical][rest[0].name]
    target = BY_SET[described.target]
    privileges.require(environment, request, "Read", target)
    rows = scope_of(environment, request).children(found, described)
    if rest[0].arguments is not None:
        child = find_row(environment, target, rest[0].arguments, request)
        if child not in rows:
            raise does_not_exist(target.logical, child[target.key])
        if len(rest) > 1:
            return _below(environment, target, child, request, rest[1:])
        return single(environment, target, child, request)
    if len(rest) == 1:
        return listed(environment, target, rows, request, target.entity_set)
    if rest[1].name == "$count":
        return _counted(environment, target, rows, request)
    if rest[1].name == "$ref":
        links = [{"@odata.id": f"{request.root}{target.entity_set}({child[target.key]})"}
                 for child in rows]  # fmt: skip
        context = f"{request.root}$metadata#Collection($ref)"
        return ok(200, {"@odata.context": context, "value": links}, request)
    raise no_such_segment(rest[1].name)


def _counted(environment: Environment, table: Table, rows: list[Row], request: Request) -> Response:
    query = parse(table, request.options, scope_of(environment, request))
    if query.fetch_xml is not None or query.apply is not None:
        raise not_implemented("/$count with FetchXML or $apply")
    number = min(sum(query.passes(item) for item in rows), _COUNT_CAP)
    return Response(200, None, {"Content-Type": "text/plain"}, raw=str(number).encode())


def _page(
    table: Table, query: Query, rows: list[Row], request: Request
) -> tuple[list[Row], str | None]:
    size = page_size(request)
    limit = min(size or _MOST_PER_PAGE, _MOST_PER_PAGE)
    pages = size is not None or len(rows) > limit or query.skiptoken is not None
    rows = query.ordered(rows, table.key if pages else None)
    if query.top is not None and size is None:
        return rows[: min(query.top, limit)], None
    number = 1
    if query.skiptoken is not None:
        number, position = paging.read_cookie(query.skiptoken)
        descending = [order.descending for order in query.order]
        rows = paging.after(position, rows, query.order_values, descending, table.key)
    page = rows[:limit]
    if len(rows) <= limit:
        return page, None
    last = page[-1]
    position = paging.position_of(query.order_values(last), str(last[table.key]))
    return page, _next_link(request, paging.cookie(position, number + 1))


def _fetched(
    table: Table, query: Query, request: Request, scope: Scope, writer: RowWriter
) -> Response:
    others = [name for name in request.options if name.startswith("$") and name != "$top"]
    if others or "$top" in request.options:
        raise bad_argument("FetchXML cannot be combined with other query options.")
    fetch = fetchxml.read(query.fetch_xml or "")
    if fetch.entity.table is not table:
        raise bad_argument(
            f"The entity '{fetch.entity.table.logical}' of the FetchXML is not that of the "
            f"entity set '{table.entity_set}'."
        )
    result = FetchRun(fetch, scope).run()
    body: dict[str, Any] = {"@odata.context": f"{request.root}$metadata#{table.entity_set}"}
    if writer.wants("Microsoft.Dynamics.CRM.totalrecordcount"):
        body.update(_totals(writer, result.total if fetch.total else None))
    body["value"] = [writer.fetched(table, item, distinct=fetch.distinct) for item in result.rows]
    if result.cookie is not None:
        if writer.wants(_PAGING_COOKIE):
            body[f"@{_PAGING_COOKIE}"] = result.cookie
        if writer.wants(_MORE_RECORDS):
            body[f"@{_MORE_RECORDS}"] = True
    return ok(200, body, request)


def _applied(
    table: Table,
    query: Query,
    rows: list[Row],
    request: Request,
    scope: Scope,
    writer: RowWriter,
) -> Response:
    for name in ("$select", "$expand", "$count", "$filter"):
        if name in request.options:
            raise not_implemented(f"$apply together with {name}")
    results = apply.run(table, query.apply or "", rows, scope)
    for order in reversed(query.order):
        if any(order.text not in result for result in results):
            raise ServiceError(
                400,
                "0x80060888",
                "The query node SingleValueOpenPropertyAccess is not supported",
            )
        results.sort(key=lambda item: item[order.text], reverse=order.descending)
    if query.top is not None:
        results = results[: query.top]
    body = {
        "@odata.context": f"{request.root}$metadata#{table.entity_set}",
        "value": [writer.aggregated(table, result) for result in results],
    }
    return ok(200, body, request)


def _totals(writer: RowWriter, number: int | None) -> dict[str, Any]:
    """Annotations of a list under `odata.include-annotations`."""
    found = {
        "Microsoft.Dynamics.CRM.totalrecordcount": (
            -1 if number is None else min(number, _COUNT_CAP)
        ),
        "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded": (number or 0) > _COUNT_CAP,
        "Microsoft.Dynamics.CRM.globalmetadataversion": METADATA_VERSION,
    }
    return {f"@{name}": value for name, value in found.items() if writer.wants(name)}


def _context(table: Table, request: Request, query: Query) -> str:
    columns = context_columns(query)
    listed_columns = f"({columns})" if columns else ""
    return f"{request.root}$metadata#{table.entity_set}{listed_columns}/$entity"


def _next_link(request: Request, cookie: str) -> str:
    kept = [
        part
        for part in request.query.split("&")
        if part and not part.lower().startswith(("$skiptoken", "%24skiptoken"))
    ]
    query = "&".join([*kept, f"$skiptoken={quote(cookie)}"])
    return f"{request.root}{request.path}?{query}"

"""
Rows over HTTP: the matrix of methods and conditions, and how a row is shown.

Source: "Create, retrieve, update and delete a table row using the Web API" and "Perform
conditional operations using the Web API".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from . import privileges, table_rules
from .environment import Environment
from .flows import runs
from .keys import find_row
from .preferences import ok
from .query import Query, is_guid, matches, ordered, parse
from .request import Request
from .responses import (
    ALREADY_EXISTS,
    VERSION_MISMATCH,
    Response,
    ServiceError,
    bad_payload,
    bad_syntax,
    no_such_segment,
)
from .store import Row
from .tables import BY_SET, Column, Lookup, Table

_MOST_PER_PAGE = 5000
_COUNT_CAP = 5000


class Rows:
    """Generic requests on every table; `hooks` adds what single tables demand."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    # --- reading -----------------------------------------------------------------------------

    def many(self, table: Table, request: Request) -> Response:
        """GET of a collection."""
        privileges.require(self.environment, request, "Read", table)
        query = parse(table, request.options)
        rows = [row for row in self.visible(table) if matches(query, table, row, self.related)]
        rows = ordered(query, rows)
        size = _page_size(request)
        if query.top is not None and size is None:
            rows = rows[: query.top]
        start = _page_start(query)
        limit = min(size or _MOST_PER_PAGE, _MOST_PER_PAGE)
        page = rows[start : start + limit]
        body: dict[str, Any] = {"@odata.context": self._context(table, request, query)}
        if query.count:
            body["@odata.count"] = min(len(rows), _COUNT_CAP)
        body["value"] = [self.show(table, row, request, query) for row in page]
        if start + limit < len(rows):
            body["@odata.nextLink"] = _next_link(request, start + limit)
        return ok(200, body, request)

    def count(self, table: Table, request: Request) -> Response:
        """GET of `/$count`."""
        query = parse(table, request.options)
        number = sum(matches(query, table, row, self.related) for row in self.visible(table))
        return Response(
            200, None, {"Content-Type": "text/plain"}, raw=str(min(number, _COUNT_CAP)).encode()
        )

    def get(self, table: Table, key: str, request: Request) -> Response:
        """GET of one row."""
        privileges.require(self.environment, request, "Read", table)
        query = parse(table, request.options)
        row = find_row(self.environment, table, key, request)
        if row not in self.visible_one(row):
            raise ServiceError(404, "0x80040217", f"Entity '{table.logical}' With Id = {key} "
                          "Does Not Exist")  # fmt: skip
        if request.headers.get("if-none-match") == etag(row):
            return Response(304, None, {"ETag": etag(row)})
        body = {"@odata.context": self._context(table, request, query, single=True)}
        body.update(self.show(table, row, request, query))
        return ok(200, body, request, {"ETag": etag(row)})

    def get_column(self, table: Table, key: str, column: str, request: Request) -> Response:
        """GET of a single column."""
        row = find_row(self.environment, table, key, request)
        if column not in table.readable:
            raise no_such_segment(column)
        if row.get(column) is None:
            return Response(204)
        context = f"{request.root}$metadata#{table.entity_set}({row[table.key]})/{column}"
        return ok(200, {"@odata.context": context, "value": row[column]}, request)

    # --- writing -----------------------------------------------------------------------------

    def create(self, table: Table, request: Request) -> Response:
        """POST to a collection."""
        body = request.json(table.entity_set)
        values = self.values(table, body)
        chosen = values.pop(table.key, None)
        if chosen is not None and table.logical == "workflow":
            mode = self.environment.switches["client_chosen_id"]
            if mode == "refuse":
                raise ServiceError(400, "0x80040203", "The primary key of a new row cannot be set.")
            chosen = None if mode == "ignore" else chosen
        row_id = str(chosen or uuid.uuid4()).lower()
        return self._created(table, row_id, values, request)

    def patch(self, table: Table, key: str, request: Request) -> Response:
        """PATCH of one row: an update, or an upsert where the conditions allow it."""
        if_match = request.headers.get("if-match")
        row = find_row(self.environment, table, key, request, missing=True)
        values = self.values(table, request.json(table.entity_set))
        if row is None:
            creates = self.environment.switches["patch_upsert_creates"] == "on"
            if if_match is not None or not creates or not is_guid(key):
                raise ServiceError(
                    404, "0x80040217", f"Entity '{table.logical}' With Id = {key} Does Not Exist"
                )
            values.pop(table.key, None)
            return self._created(table, key.lower(), values, request)
        if request.headers.get("if-none-match") == "*":
            raise ServiceError(*ALREADY_EXISTS)
        self.same_version(table, row, if_match)
        values.pop(table.key, None)
        changed = self._changed(table, row, values, request)
        if request.prefers("return") == "representation":
            query = parse(table, {k: v for k, v in request.options.items() if k == "$select"})
            body = {"@odata.context": self._context(table, request, query, single=True)}
            body.update(self.show(table, changed, request, query))
            return ok(200, body, request, {"Preference-Applied": "return=representation"})
        return ok(204, None, request, self._entity_id(table, row[table.key], request))

    def put_column(
        self, table: Table, key: str, column: str, request: Request, *, clear: bool = False
    ) -> Response:
        """PUT or DELETE of a single column."""
        row = find_row(self.environment, table, key, request)
        if column not in table.by_name:
            raise no_such_segment(column)
        value = None if clear else request.json(table.entity_set).get("value")
        self._changed(table, row, self.values(table, {column: value}), request)
        return Response(204)

    def delete(self, table: Table, key: str, request: Request) -> Response:
        """DELETE of one row."""
        self._writable(table)
        privileges.require(self.environment, request, "Delete", table)
        row = find_row(self.environment, table, key, request)
        self.same_version(table, row, request.headers.get("if-match"))
        table_rules.before_delete(self.environment, table, row, request)
        self.environment.remove(table, row, request.caller.user_id)
        return Response(204)

    def _created(
        self, table: Table, row_id: str, values: dict[str, Any], request: Request
    ) -> Response:
        self._writable(table)
        privileges.require(self.environment, request, "Create", table)
        if not is_guid(row_id):
            raise ServiceError(400, "0x80040203", "Expected non-empty Guid.")
        self._complete(table, values)
        if self.environment.store.get(table.logical, row_id) is not None:
            raise ServiceError(*ALREADY_EXISTS)
        for column in table.unique:
            if self.environment.store.find(table.logical, **{column: values.get(column)}):
                raise ServiceError(*ALREADY_EXISTS)
        values = {**values, table.key: row_id}
        table_rules.before_create(self.environment, table, values, request)
        row = self.environment.insert(table, values, request.caller.user_id)
        table_rules.after_create(self.environment, table, row, request)
        if request.prefers("return") == "representation":
            query = parse(table, request.options)
            body = {"@odata.context": self._context(table, request, query, single=True)}
            body.update(self.show(table, row, request, query))
            return ok(201, body, request, {"Preference-Applied": "return=representation"})
        return ok(204, None, request, self._entity_id(table, row_id, request))

    def _changed(self, table: Table, row: Row, values: dict[str, Any], request: Request) -> Row:
        self._writable(table)
        privileges.require(self.environment, request, "Write", table)
        values = table_rules.before_update(self.environment, table, row, values, request)
        changed = self.environment.change(table, row, values, request.caller.user_id)
        table_rules.after_update(self.environment, table, row, changed, request)
        return changed

    # --- the parts ---------------------------------------------------------------------------

    def visible(self, table: Table) -> list[Row]:
        """Rows that reads see; with a lag, writes of the last moments are not among them."""
        runs.forget_expired(self.environment, table)
        rows = list(self.environment.store.all(table.logical))
        return rows if not self.environment.switches["read_lag_seconds"] else [
            row for row in rows if self.visible_one(row)
        ]  # fmt: skip

    def visible_one(self, row: Row) -> list[Row]:
        """The row in a list, or none while a read lag hides it."""
        lag = self.environment.switches["read_lag_seconds"]
        if not lag:
            return [row]
        written = self.environment.state.get("written", {}).get(row.get("versionnumber"), 0.0)
        return [row] if self.environment.clock.now() - written >= lag else []

    def related(self, row: Row, lookup: Lookup) -> tuple[Table, Row] | None:
        """The row that a lookup points at."""
        target_id = row.get(lookup.column)
        if not target_id:
            return None
        for entity_set in lookup.targets:
            table = BY_SET.get(entity_set)
            found = self.environment.store.get(table.logical, target_id) if table else None
            if table is not None and found is not None:
                return table, found
        return None

    def values(self, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
        """The columns of a body, checked one by one."""
        values: dict[str, Any] = {}
        for name, value in body.items():
            bound, _, annotation = name.partition("@")
            if annotation == "odata.bind":
                lookup = self._bindable(table, bound)
                values[lookup.column] = self._target(lookup, value)
            elif annotation:
                continue
            elif name in table.by_name:
                column = table.by_name[name]
                if column.writable:
                    values[name] = _checked(table, column, value)
            elif name.startswith("_") and name.endswith("_value"):
                raise bad_payload(
                    table.entity_set,
                    "CRM do not support direct update of Entity Reference properties, Use "
                    "Navigation properties instead.",
                )
            else:
                raise bad_payload(
                    table.entity_set,
                    f"An undeclared property '{name}' which only has property annotations in the "
                    "payload but no property value was found in the payload. In OData, only "
                    "declared navigation properties and declared named streams can be represented "
                    "as properties without values.",
                )
        return values

    def _bindable(self, table: Table, name: str) -> Lookup:
        lookup = next((item for item in table.lookups if item.name == name), None)
        if lookup is None or not lookup.writable:
            raise bad_payload(
                table.entity_set,
                f"An undeclared property '{name}' which only has property annotations in the "
                "payload but no property value was found in the payload.",
            )
        return lookup

    def _target(self, lookup: Lookup, value: Any) -> str:
        """The id that a bind points at: relative, rooted or absolute."""
        text = unquote(str(value)).rstrip("/")
        name, _, key = text.rpartition("/")[2].partition("(")
        key = key.rstrip(")")
        table = BY_SET.get(name)
        if table is None or name not in lookup.targets or not is_guid(key):
            raise bad_syntax(f"Invalid value '{value}' for '{lookup.name}@odata.bind'.")
        self.environment.require(table, key)
        return key.lower()

    def _complete(self, table: Table, values: Mapping[str, Any]) -> None:
        for column in table.columns:
            if column.required and values.get(column.name) is None:
                raise ServiceError(400, "0x80040203", f"Attribute '{column.name}' cannot be NULL")

    def _writable(self, table: Table) -> None:
        if table.read_only:
            raise ServiceError(
                405, "0x80040800", f"The method is not supported on '{table.logical}'."
            )

    def same_version(self, table: Table, row: Row, if_match: str | None) -> None:
        """Refuse a write against another version."""
        if if_match in (None, "*", "null"):
            return
        optimistic = self.environment.switches["optimistic_concurrency"] == "on"
        if table.logical == "workflow" and not optimistic:
            raise ServiceError(
                400,
                "0x8006088D",
                f"Optimistic concurrency isn't enabled for entity type {table.logical}. The "
                "IfVersionMatches value of ConcurrencyBehavior can only be used if optimistic "
                "concurrency is enabled.",
            )
        if if_match != etag(row):
            raise ServiceError(*VERSION_MISMATCH)

    # --- showing -----------------------------------------------------------------------------

    def show(self, table: Table, row: Row, request: Request, query: Query) -> dict[str, Any]:
        """A row as JSON: selected columns, key, version, annotations, expansions."""
        shown: dict[str, Any] = {"@odata.etag": etag(row)}
        names = query.select or tuple(table.readable)
        wanted = request.prefers("odata.include-annotations")
        for name in dict.fromkeys((*names, table.key)):
            shown[name] = row.get(name)
            if wanted is not None and row.get(name) is not None:
                shown.update(self._annotations(table, row, name, wanted))
        for expand in query.expand:
            found = self.related(row, expand.lookup)
            shown[expand.lookup.name] = (
                None if found is None else self.show(found[0], found[1], request, expand.query)
            )
        return shown

    def _annotations(self, table: Table, row: Row, name: str, wanted: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lookup = next((item for item in table.lookups if item.column == name), None)
        if lookup is None:
            term = "OData.Community.Display.V1.FormattedValue"
            label = table.by_name[name].labels.get(row[name]) if name in table.by_name else None
            return {f"{name}@{term}": label} if label and _wants(wanted, term) else found
        related = self.related(row, lookup)
        logical = related[0].logical if related else BY_SET[lookup.targets[0]].logical
        every = {
            "Microsoft.Dynamics.CRM.associatednavigationproperty": lookup.name,
            "Microsoft.Dynamics.CRM.lookuplogicalname": logical,
            "OData.Community.Display.V1.FormattedValue": (
                related[1].get(related[0].name_column) if related else None
            ),
        }
        for term, value in every.items():
            if value is not None and _wants(wanted, term):
                found[f"{name}@{term}"] = value
        return found

    def _context(
        self, table: Table, request: Request, query: Query, *, single: bool = False
    ) -> str:
        columns = ",".join(query.select or ())
        for expand in query.expand:
            inner = ",".join(expand.query.select or ())
            columns += f"{',' if columns else ''}{expand.lookup.name}({inner})"
        listed = f"({columns})" if columns else ""
        tail = "/$entity" if single else ""
        return f"{request.root}$metadata#{table.entity_set}{listed}{tail}"

    def _entity_id(self, table: Table, row_id: str, request: Request) -> dict[str, str]:
        return {"OData-EntityId": f"{request.root}{table.entity_set}({row_id})"}


def etag(row: Row) -> str:
    """The version of a row, as a weak tag."""
    return f'W/"{row.get("versionnumber")}"'


def _wants(wanted: str, term: str) -> bool:
    return any(
        pattern == "*"
        or pattern == term
        or (pattern.endswith("*") and term.startswith(pattern[:-1]))
        for pattern in (part.strip() for part in wanted.split(","))
    )


def _checked(table: Table, column: Column, value: Any) -> Any:
    """A value that fits its column."""
    if value is None:
        return None
    fits = {
        "string": isinstance(value, str),
        "memo": isinstance(value, str),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "guid": is_guid(value),
        "double": isinstance(value, (int, float)),
    }.get(column.kind, True)
    if not fits:
        raise bad_payload(
            table.entity_set,
            f"Cannot convert the literal '{str(value)[:40]}' to the expected type "
            f"'{_EDM[column.kind]}'.",
        )
    if column.longest and len(value) > column.longest:
        raise ServiceError(
            400,
            "0x80044331",
            f"A validation error occurred.  The length of the '{column.name}' attribute of the "
            f"'{table.logical}' entity exceeded the maximum allowed length of "
            f"'{column.longest}'.",
        )
    return value.lower() if column.kind == "guid" else value


_EDM = {
    "string": "Edm.String",
    "memo": "Edm.String",
    "int": "Edm.Int32",
    "bool": "Edm.Boolean",
    "guid": "Edm.Guid",
    "double": "Edm.Double",
}


def _page_size(request: Request) -> int | None:
    value = request.prefers("odata.maxpagesize")
    return int(value) if value and value.isdigit() and int(value) > 0 else None


def _page_start(query: Query) -> int:
    if query.skiptoken is None:
        return 0
    _, found, rest = query.skiptoken.partition('last="')
    number = rest.partition('"')[0]
    if not found or not number.isdigit():
        raise ServiceError(400, "0x80040203", "Malformed XML in the Paging Cookie")
    return int(number)


def _next_link(request: Request, start: int) -> str:
    kept = [part for part in request.query.split("&") if not part.startswith("$skiptoken")]
    kept = [part for part in kept if part and not part.startswith("%24skiptoken")]
    cookie = f'<cookie pagenumber="2" pagingcookie="last" istracking="False" last="{start}" />'
    query = "&".join([*kept, f"$skiptoken={quote(cookie)}"])
    return f"{request.root}{request.path}?{query}"

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

from . import flow_runs, hooks
from .answers import (
    ALREADY_EXISTS,
    JSON_TYPE,
    VERSION_MISMATCH,
    Answer,
    Refusal,
    bad_payload,
    bad_syntax,
    missing_privilege,
    no_such_segment,
)
from .query import Query, is_guid, matches, ordered, parse
from .request import Request, arguments, unquoted
from .service import Service
from .store import Row
from .tables import BY_SET, Column, Lookup, Table

_MOST_PER_PAGE = 5000
_COUNT_CAP = 5000


class Rows:
    """Generic requests on every table; `hooks` adds what single tables demand."""

    def __init__(self, service: Service) -> None:
        self.service = service

    # --- reading -----------------------------------------------------------------------------

    def many(self, table: Table, request: Request) -> Answer:
        """GET of a collection."""
        self.allow(request, "Read", table)
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
        return self.ok(200, body, request)

    def count(self, table: Table, request: Request) -> Answer:
        """GET of `/$count`."""
        query = parse(table, request.options)
        number = sum(matches(query, table, row, self.related) for row in self.visible(table))
        return Answer(
            200, None, {"Content-Type": "text/plain"}, raw=str(min(number, _COUNT_CAP)).encode()
        )

    def get(self, table: Table, key: str, request: Request) -> Answer:
        """GET of one row."""
        self.allow(request, "Read", table)
        query = parse(table, request.options)
        row = self.by_key(table, key, request)
        if row not in self.visible_one(row):
            raise Refusal(404, "0x80040217", f"Entity '{table.logical}' With Id = {key} "
                          "Does Not Exist")  # fmt: skip
        if request.headers.get("if-none-match") == etag(row):
            return Answer(304, None, {"ETag": etag(row)})
        body = {"@odata.context": self._context(table, request, query, single=True)}
        body.update(self.show(table, row, request, query))
        return self.ok(200, body, request, {"ETag": etag(row)})

    def get_column(self, table: Table, key: str, column: str, request: Request) -> Answer:
        """GET of a single column."""
        row = self.by_key(table, key, request)
        if column not in table.readable:
            raise no_such_segment(column)
        if row.get(column) is None:
            return Answer(204)
        context = f"{request.root}$metadata#{table.entity_set}({row[table.key]})/{column}"
        return self.ok(200, {"@odata.context": context, "value": row[column]}, request)

    # --- writing -----------------------------------------------------------------------------

    def create(self, table: Table, request: Request) -> Answer:
        """POST to a collection."""
        body = request.json(table.entity_set)
        values = self.values(table, body)
        chosen = values.pop(table.key, None)
        if chosen is not None and table.logical == "workflow":
            mode = self.service.switches["client_chosen_id"]
            if mode == "refuse":
                raise Refusal(400, "0x80040203", "The primary key of a new row cannot be set.")
            chosen = None if mode == "ignore" else chosen
        row_id = str(chosen or uuid.uuid4()).lower()
        return self._created(table, row_id, values, request)

    def patch(self, table: Table, key: str, request: Request) -> Answer:
        """PATCH of one row: an update, or an upsert where the conditions allow it."""
        if_match = request.headers.get("if-match")
        row = self.by_key(table, key, request, missing=True)
        values = self.values(table, request.json(table.entity_set))
        if row is None:
            creates = self.service.switches["patch_upsert_creates"] == "on"
            if if_match is not None or not creates or not is_guid(key):
                raise Refusal(
                    404, "0x80040217", f"Entity '{table.logical}' With Id = {key} Does Not Exist"
                )
            values.pop(table.key, None)
            return self._created(table, key.lower(), values, request)
        if request.headers.get("if-none-match") == "*":
            raise Refusal(*ALREADY_EXISTS)
        self.same_version(table, row, if_match)
        values.pop(table.key, None)
        changed = self._changed(table, row, values, request)
        if request.prefers("return") == "representation":
            query = parse(table, {k: v for k, v in request.options.items() if k == "$select"})
            body = {"@odata.context": self._context(table, request, query, single=True)}
            body.update(self.show(table, changed, request, query))
            return self.ok(200, body, request, {"Preference-Applied": "return=representation"})
        return self.ok(204, None, request, self._entity_id(table, row[table.key], request))

    def put_column(
        self, table: Table, key: str, column: str, request: Request, *, clear: bool = False
    ) -> Answer:
        """PUT or DELETE of a single column."""
        row = self.by_key(table, key, request)
        if column not in table.by_name:
            raise no_such_segment(column)
        value = None if clear else request.json(table.entity_set).get("value")
        self._changed(table, row, self.values(table, {column: value}), request)
        return Answer(204)

    def delete(self, table: Table, key: str, request: Request) -> Answer:
        """DELETE of one row."""
        self._writable(table)
        self.allow(request, "Delete", table)
        row = self.by_key(table, key, request)
        self.same_version(table, row, request.headers.get("if-match"))
        hooks.before_delete(self.service, table, row, request)
        self.service.remove(table, row, request.caller.user_id)
        return Answer(204)

    def _created(
        self, table: Table, row_id: str, values: dict[str, Any], request: Request
    ) -> Answer:
        self._writable(table)
        self.allow(request, "Create", table)
        if not is_guid(row_id):
            raise Refusal(400, "0x80040203", "Expected non-empty Guid.")
        self._complete(table, values)
        if self.service.store.get(table.logical, row_id) is not None:
            raise Refusal(*ALREADY_EXISTS)
        for column in table.unique:
            if self.service.store.find(table.logical, **{column: values.get(column)}):
                raise Refusal(*ALREADY_EXISTS)
        values = {**values, table.key: row_id}
        hooks.before_create(self.service, table, values, request)
        row = self.service.insert(table, values, request.caller.user_id)
        hooks.after_create(self.service, table, row, request)
        if request.prefers("return") == "representation":
            query = parse(table, request.options)
            body = {"@odata.context": self._context(table, request, query, single=True)}
            body.update(self.show(table, row, request, query))
            return self.ok(201, body, request, {"Preference-Applied": "return=representation"})
        return self.ok(204, None, request, self._entity_id(table, row_id, request))

    def _changed(self, table: Table, row: Row, values: dict[str, Any], request: Request) -> Row:
        self._writable(table)
        self.allow(request, "Write", table)
        values = hooks.before_update(self.service, table, row, values, request)
        changed = self.service.change(table, row, values, request.caller.user_id)
        hooks.after_update(self.service, table, row, changed, request)
        return changed

    # --- the parts ---------------------------------------------------------------------------

    def by_key(self, table: Table, key: str, request: Request, *, missing: bool = False) -> Any:
        """A row by GUID, named key or alternate key."""
        flow_runs.forget_expired(self.service, table)
        if "=" in key:
            named = arguments(key, request.options)
            if list(named) != [table.key]:
                return self._by_alternate_key(table, named, missing)
            key = named[table.key]
        key = unquoted(key)
        if not is_guid(key):
            raise bad_syntax(f"')' or ',' expected at position {min(len(key), 5)} in '({key})'.")
        if missing:
            return self.service.store.get(table.logical, key.lower())
        return self.service.require(table, key)

    def _by_alternate_key(self, table: Table, named: Mapping[str, str], missing: bool) -> Any:
        if not set(named) <= set(table.unique):
            raise bad_syntax(
                "The key in the request URI is not valid for resource "
                f"'Microsoft.Dynamics.CRM.{table.logical}'. Ensure that the names and number of "
                "key properties match the declared or alternate key properties for the resource."
            )
        wanted = {name: unquoted(value) for name, value in named.items()}
        row = self.service.store.find(table.logical, **wanted)
        if row is None and not missing:
            raise Refusal(404, "0x80060891", "A record with the specified key values does not "
                          f"exist in {table.logical} entity")  # fmt: skip
        return row

    def visible(self, table: Table) -> list[Row]:
        """Rows that reads see; with a lag, writes of the last moments are not among them."""
        flow_runs.forget_expired(self.service, table)
        rows = list(self.service.store.all(table.logical))
        return rows if not self.service.switches["read_lag_seconds"] else [
            row for row in rows if self.visible_one(row)
        ]  # fmt: skip

    def visible_one(self, row: Row) -> list[Row]:
        """The row in a list, or none while a read lag hides it."""
        lag = self.service.switches["read_lag_seconds"]
        if not lag:
            return [row]
        written = self.service.state.get("written", {}).get(row.get("versionnumber"), 0.0)
        return [row] if self.service.clock.now() - written >= lag else []

    def related(self, row: Row, lookup: Lookup) -> tuple[Table, Row] | None:
        """The row that a lookup points at."""
        target_id = row.get(lookup.column)
        if not target_id:
            return None
        for entity_set in lookup.targets:
            table = BY_SET.get(entity_set)
            found = self.service.store.get(table.logical, target_id) if table else None
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
        self.service.require(table, key)
        return key.lower()

    def _complete(self, table: Table, values: Mapping[str, Any]) -> None:
        for column in table.columns:
            if column.required and values.get(column.name) is None:
                raise Refusal(400, "0x80040203", f"Attribute '{column.name}' cannot be NULL")

    def _writable(self, table: Table) -> None:
        if table.read_only:
            raise Refusal(405, "0x80040800", f"The method is not supported on '{table.logical}'.")

    def same_version(self, table: Table, row: Row, if_match: str | None) -> None:
        """Refuse a write against another version."""
        if if_match in (None, "*", "null"):
            return
        optimistic = self.service.switches["optimistic_concurrency"] == "on"
        if table.logical == "workflow" and not optimistic:
            raise Refusal(
                400,
                "0x8006088D",
                f"Optimistic concurrency isn't enabled for entity type {table.logical}. The "
                "IfVersionMatches value of ConcurrencyBehavior can only be used if optimistic "
                "concurrency is enabled.",
            )
        if if_match != etag(row):
            raise Refusal(*VERSION_MISMATCH)

    def allow(self, request: Request, privilege: str, table: Table) -> None:
        """Refuse what a caller's roles do not cover."""
        if f"prv{privilege}{table.logical}".lower() in self.service.denied_privileges:
            raise missing_privilege(request.caller.user_id, privilege, table.logical)

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

    def ok(
        self,
        status: int,
        body: Any,
        request: Request,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A successful answer with the headers of its kind."""
        found = dict(headers or {})
        annotations = request.prefers("odata.include-annotations")
        applied = [found["Preference-Applied"]] if "Preference-Applied" in found else []
        if annotations is not None and body is not None:
            applied.append(f'odata.include-annotations="{annotations}"')
        if request.prefers("odata.maxpagesize") and body is not None:
            applied.append(f"odata.maxpagesize={request.prefers('odata.maxpagesize')}")
        if applied:
            found["Preference-Applied"] = ",".join(applied)
        if body is not None:
            found["Content-Type"] = JSON_TYPE
        return Answer(status, body, found)


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
        raise Refusal(
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
        raise Refusal(400, "0x80040203", "Malformed XML in the Paging Cookie")
    return int(number)


def _next_link(request: Request, start: int) -> str:
    kept = [part for part in request.query.split("&") if not part.startswith("$skiptoken")]
    kept = [part for part in kept if part and not part.startswith("%24skiptoken")]
    cookie = f'<cookie pagenumber="2" pagingcookie="last" istracking="False" last="{start}" />'
    query = "&".join([*kept, f"$skiptoken={quote(cookie)}"])
    return f"{request.root}{request.path}?{query}"

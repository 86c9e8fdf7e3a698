"""
EntityDefinitions, RelationshipDefinitions and what lies below them.

Collections take `$select`, `$filter` and `$expand`; they take `$top` and ignore it, and never page.

Source: "Query table definitions using the Web API".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .. import known_names
from ..preferences import ok
from ..query import is_guid
from ..query.expressions import Compiler
from ..query.scope import Scope
from ..query.splitting import call, split
from ..request import Request, Segment, arguments, unquoted
from ..responses import Response, ServiceError, bad_syntax, no_such_segment, not_implemented
from ..tables import BY_LOGICAL, TABLES, Column, Table
from . import models
from .absent import unknown_member
from .models import Model

ROOTS = ("EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions")
_CRM = "Microsoft.Dynamics.CRM."
_OPTIONS = {"$select", "$filter", "$expand", "$top", "$count", "LabelLanguages"}
_BELOW: Mapping[str, tuple[str, Callable[[Table], list[Model]]]] = {
    "Attributes": ("AttributeMetadata", models.attributes),
    "ManyToOneRelationships": ("OneToManyRelationshipMetadata", models.many_to_one),
    "OneToManyRelationships": ("OneToManyRelationshipMetadata", models.one_to_many),
    "ManyToManyRelationships": ("ManyToManyRelationshipMetadata", models.many_to_many),
    "Keys": ("EntityKeyMetadata", models.keys),
}
_OPTION_SETS = ("OptionSet", "GlobalOptionSet")


def respond(request: Request, first: Segment, rest: list[Segment]) -> Response:
    """GET of definitions; the emulator's tables are what they are."""
    if request.method != "GET":
        raise not_implemented("changing definitions of tables and columns")
    for name in request.options:
        if name.startswith("$") and name not in _OPTIONS:
            raise bad_syntax(f"The query parameter {name} is not supported")
    if first.name == "GlobalOptionSetDefinitions":
        if first.arguments is not None:
            raise not_implemented("single global choices")
        return _collection(request, "GlobalOptionSetDefinitions", [])
    if first.name == "RelationshipDefinitions":
        return _relationships(request, first, rest)
    if first.arguments is None:
        if rest and rest[0].name == "$count":
            return Response(200, None, {"Content-Type": "text/plain"}, str(len(TABLES)).encode())
        if rest:
            raise no_such_segment(rest[0].name)
        return _collection(request, "EntityDefinitions", models.tables())
    model = _found(models.tables(), first, request)
    named = re.fullmatch(r"\s*LogicalName\s*=\s*'(\w+)'\s*", first.arguments or "")
    if model is None and named is not None and known_names.is_table(named[1]):
        raise not_implemented(f"the definition of the table '{named[1]}'")
    if model is None:
        raise ServiceError(
            404,
            "0x80060888",
            f"Could not find an entity with specified entity key: {first.arguments}.",
        )
    if not rest:
        return _single(request, "EntityDefinitions", model)
    return _below(request, BY_LOGICAL[model["LogicalName"]], model, rest)


def _below(request: Request, table: Table, model: Model, rest: list[Segment]) -> Response:
    name = rest[0].name
    if name in model and len(rest) == 1:
        context = f"{request.root}$metadata#EntityDefinitions({model['MetadataId']})/{name}"
        return ok(200, {"@odata.context": context, "value": model[name]}, request)
    if name not in _BELOW:
        raise unknown_member(name, no_such_segment(name))
    found = _BELOW[name][1](table)
    context = f"EntityDefinitions('{table.logical}')/{name}"
    segment, rest = rest[0], rest[1:]
    if segment.arguments is not None:
        single = _found(found, segment, request)
        if single is None:
            raise ServiceError(
                404, "0x80060888", f"Could not find a definition in '{name}' by its key."
            )
        return _one_below(request, table, single, context, rest)
    if rest and rest[0].name.startswith(_CRM):
        found = _cast(found, rest[0].name)
        context += f"/{rest[0].name}"
        rest = rest[1:]
    if rest:
        raise no_such_segment(rest[0].name)
    return _collection(request, context, found, table)


def _one_below(
    request: Request, table: Table, model: Model, context: str, rest: list[Segment]
) -> Response:
    if rest and rest[0].name.startswith(_CRM):
        if not _cast([model], rest[0].name):
            raise ServiceError(
                404, "0x80060888", f"The definition is no '{rest[0].name.removeprefix(_CRM)}'."
            )
        rest = rest[1:]
    if not rest:
        return _single(request, context, model, table)
    name = rest[0].name
    if name in _OPTION_SETS:
        options = models.option_set(table, model["LogicalName"]) if name == "OptionSet" else None
        if options is None:
            return Response(204)
        return _single(request, context, options)
    if name in model and len(rest) == 1:
        return ok(200, {"@odata.context": f"{request.root}$metadata#{context}",
                        "value": model[name]}, request)  # fmt: skip
    raise unknown_member(name, no_such_segment(name))


def _relationships(request: Request, first: Segment, rest: list[Segment]) -> Response:
    found = [model for table in TABLES for model in models.many_to_one(table)]
    found += models.many_to_many()
    typed = [{"@odata.type": f"#{_CRM}{model['RelationshipType']}Metadata", **model}
             for model in found]  # fmt: skip
    if first.arguments is not None:
        model = _found(typed, first, request)
        if model is None:
            raise ServiceError(404, "0x80060888", "Could not find a relationship by its key.")
        return _single(request, "RelationshipDefinitions", model)
    context = "RelationshipDefinitions"
    if rest and rest[0].name.startswith(_CRM):
        typed, context = _cast(typed, rest[0].name), f"{context}/{rest[0].name}"
    elif rest:
        raise no_such_segment(rest[0].name)
    return _collection(request, context, typed)


def _cast(found: list[Model], name: str) -> list[Model]:
    wanted = name.removeprefix(_CRM)
    if wanted == "EnumAttributeMetadata":
        enums = ("Picklist", "State", "Status")
        return [model for model in found if model.get("AttributeType") in enums]
    return [model for model in found if model.get("@odata.type") == f"#{_CRM}{wanted}"]


def _found(found: list[Model], segment: Segment, request: Request) -> Model | None:
    text = segment.arguments or ""
    if is_guid(text.strip("'")):
        return models.by_id_or_name(found, {}, text.strip("'"))
    named = {name: unquoted(value) for name, value in arguments(text, request.options).items()}
    return models.by_id_or_name(found, named, "")


def _collection(
    request: Request, context: str, found: list[Model], table: Table | None = None
) -> Response:
    condition = request.options.get("$filter")
    if condition:
        found = _filtered(found, condition, Scope(aliases=request.options))
    shown = [_shown(model, request.options, table) for model in found]
    body: dict[str, Any] = {"@odata.context": f"{request.root}$metadata#{context}"}
    if request.options.get("$count") == "true":
        body["@odata.count"] = len(shown)
    return ok(200, {**body, "value": shown}, request)


def _single(request: Request, context: str, model: Model, table: Table | None = None) -> Response:
    shown = _shown(model, request.options, table)
    return ok(200, {"@odata.context": f"{request.root}$metadata#{context}/$entity", **shown},
              request)  # fmt: skip


def _shown(model: Model, options: Mapping[str, str], table: Table | None) -> Model:
    """The members of a definition that `$select` and `$expand` ask for."""
    shown = dict(model)
    if options.get("$select"):
        names = [name for name in split(options["$select"], ",") if name]
        for name in names:
            if name not in model and not _may_have(name, table):
                raise unknown_member(name)
        kept = {*names, "@odata.type", "MetadataId"}
        shown = {name: value for name, value in model.items() if name in kept}
    for part in split(options["$expand"], ",") if options.get("$expand") else ():
        name, inner = call(part)
        nested = _nested(inner or "")
        if name in _OPTION_SETS and table is not None:
            found = models.option_set(table, str(model.get("LogicalName")))
            shown[name] = found if name == "OptionSet" else None
        elif name in _BELOW and table is None:
            own = BY_LOGICAL[str(model["LogicalName"])]
            shown[name] = [_shown(item, nested, own) for item in _kept(own, name, nested)]
        else:
            raise unknown_member(name)
    return shown


def _kept(table: Table, name: str, options: Mapping[str, str]) -> list[Model]:
    found = _BELOW[name][1](table)
    if options.get("$filter"):
        found = _filtered(found, options["$filter"], Scope())
    return found


def _filtered(found: list[Model], condition: str, scope: Scope) -> list[Model]:
    try:
        passes = Compiler(_described(found), scope).predicate(condition)
    except ServiceError as error:
        named = re.match("Could not find a property named '(.*?)'", error.message)
        raise (unknown_member(named[1], error) if named else error) from None
    return [model for model in found if passes(model)]


def _nested(text: str) -> dict[str, str]:
    found = {}
    for part in split(text, ";"):
        name, _, value = part.partition("=")
        if part:
            found[name.strip()] = value.strip()
    unknown = set(found) - _OPTIONS
    if unknown:
        raise bad_syntax(f"Term '{sorted(unknown)[0]}' is not valid in $expand.")
    return found


def _may_have(name: str, table: Table | None) -> bool:
    """Whether another definition of the same collection has a member."""
    if table is None:
        return False
    return any(name in model for model in models.attributes(table))


def _described(found: list[Model]) -> Table:
    """The definitions as a table, so that filters are checked and evaluated like any other."""
    columns: dict[str, Column] = {}
    for model in found:
        for name, value in model.items():
            if name.startswith("@") or isinstance(value, list):
                continue
            if isinstance(value, dict):
                if "Value" in value:
                    columns[name] = Column(name, "managed")
            elif isinstance(value, bool):
                columns[name] = Column(name, "bool")
            elif isinstance(value, int):
                columns.setdefault(name, Column(name, "int"))
            elif is_guid(value):
                columns.setdefault(name, Column(name, "guid"))
            else:
                columns.setdefault(name, Column(name, "string"))
    return Table(
        "EntityMetadata",
        "EntityDefinitions",
        "MetadataId",
        tuple(columns.values()),
        case_sensitive=True,
    )

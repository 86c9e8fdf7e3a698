"""As much metadata as clients ask for before they touch a table."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from .request import Request, Segment, arguments, unquoted
from .responses import Response, ServiceError, no_such_segment
from .tables import BY_LOGICAL, TABLES, Table

_XML_TYPES = ("*/*", "application/xml", "application/*")


def service_document(request: Request) -> Response:
    """The list of entity sets."""
    sets = [
        {"name": table.entity_set, "kind": "EntitySet", "url": table.entity_set} for table in TABLES
    ]
    return Response(
        200,
        {"@odata.context": f"{request.root}$metadata", "value": sets},
        {"Content-Type": "application/json; odata.metadata=minimal"},
    )


def document(request: Request) -> Response:
    """`$metadata`, which exists as XML only."""
    accept = request.headers.get("accept", "*/*")
    if not any(kind in accept for kind in _XML_TYPES):
        raise ServiceError(
            415,
            "0x80060888",
            "A supported MIME type could not be found that matches the acceptable MIME types for "
            "the request. The supported type(s) 'application/xml' do not match any of the "
            f"acceptable MIME types '{accept}'.",
        )
    types = "".join(_entity_type(table) for table in TABLES)
    space = "Microsoft.Dynamics.CRM"
    sets = "".join(
        f'<EntitySet Name="{table.entity_set}" EntityType="{space}.{table.logical}"/>'
        for table in TABLES
    )
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        '<edmx:DataServices><Schema Namespace="Microsoft.Dynamics.CRM" '
        'xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f'{types}<EntityContainer Name="System">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )
    return Response(200, None, {"Content-Type": "application/xml"}, raw=text.encode())


def entity_definitions(request: Request, first: Segment, rest: list[Segment]) -> Response:
    """`EntityDefinitions` by filter or by logical name, and a little of what lies below."""
    context = f"{request.root}$metadata#EntityDefinitions"
    if first.arguments is None:
        wanted = request.options.get("$filter", "")
        found = [
            _definition(table)
            for table in TABLES
            if not wanted or f"'{table.logical}'" in wanted.lower()
        ]
        return _json({"@odata.context": context, "value": found})
    named = arguments(first.arguments, request.options)
    table = BY_LOGICAL.get(unquoted(named.get("LogicalName", "")))
    if table is None:
        raise ServiceError(
            404,
            "0x80060888",
            f"Could not find an entity with specified entity key: {first.arguments}.",
        )
    if not rest:
        return _json({"@odata.context": f"{context}/$entity", **_definition(table)})
    return _json({"@odata.context": context, "value": _below(table, rest)})


def _below(table: Table, rest: list[Segment]) -> list[dict[str, Any]]:
    name = rest[0].name
    if name == "ManyToOneRelationships":
        return [
            {
                "ReferencingAttribute": lookup.name.lower(),
                "ReferencingEntityNavigationPropertyName": lookup.name,
                "ReferencingEntity": table.logical,
            }
            for lookup in table.lookups
        ]
    if name in ("Keys", "OneToManyRelationships", "ManyToManyRelationships"):
        return []
    if name == "Attributes":
        kinds = rest[1].name if len(rest) > 1 else ""
        if kinds.endswith("PicklistAttributeMetadata"):
            return []
        return [{"LogicalName": column.name} for column in table.columns]
    raise no_such_segment(name)


def _definition(table: Table) -> dict[str, Any]:
    return {
        "LogicalName": table.logical,
        "SchemaName": table.logical,
        "EntitySetName": table.entity_set,
        "PrimaryIdAttribute": table.key,
        "PrimaryNameAttribute": table.name_column,
        "PrimaryImageAttribute": None,
        "ObjectTypeCode": table.object_type,
    }


def _entity_type(table: Table) -> str:
    properties = "".join(
        f"<Property Name={quoteattr(column.name)} Type={quoteattr(_EDM[column.kind])}/>"
        for column in table.columns
    )
    return (
        f'<EntityType Name="{table.logical}"><Key><PropertyRef Name="{table.key}"/></Key>'
        f"{properties}</EntityType>"
    )


_EDM = {
    "string": "Edm.String",
    "memo": "Edm.String",
    "int": "Edm.Int32",
    "bool": "Edm.Boolean",
    "guid": "Edm.Guid",
    "date": "Edm.DateTimeOffset",
    "double": "Edm.Double",
    "object": "Microsoft.Dynamics.CRM.BooleanManagedProperty",
}


def _json(body: dict[str, Any]) -> Response:
    return Response(200, body, {"Content-Type": "application/json; odata.metadata=minimal"})

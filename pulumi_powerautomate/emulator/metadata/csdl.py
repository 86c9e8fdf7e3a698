"""
The service document, and `$metadata`: types, navigation properties and operations as CSDL 4.0.

Source: "Web API types and operations" and OData 4.0, part 3 (CSDL).
"""

from __future__ import annotations

from functools import lru_cache
from xml.sax.saxutils import quoteattr

from ..preferences import ok
from ..request import Request
from ..responses import Response, ServiceError
from ..tables import BY_SET, COLLECTIONS, TABLES, Lookup, Table

_XML_TYPES = ("*/*", "application/xml", "application/*")
_SPACE = "Microsoft.Dynamics.CRM"
_PRINCIPALS = ("systemuser", "team")

_TYPES = """
<EntityType Name="crmbaseentity" Abstract="true" />
<EntityType Name="principal" BaseType="mscrm.crmbaseentity" Abstract="true">
<Key><PropertyRef Name="ownerid" /></Key>
<Property Name="ownerid" Type="Edm.Guid" Nullable="false" />
</EntityType>
<ComplexType Name="BooleanManagedProperty">
<Property Name="Value" Type="Edm.Boolean" Nullable="false" />
<Property Name="CanBeChanged" Type="Edm.Boolean" Nullable="false" />
<Property Name="ManagedPropertyLogicalName" Type="Edm.String" Unicode="false" />
</ComplexType>
<EnumType Name="AccessRights" UnderlyingType="Edm.Int32" IsFlags="true">
<Member Name="None" Value="0" /><Member Name="ReadAccess" Value="1" />
<Member Name="WriteAccess" Value="2" /><Member Name="AppendAccess" Value="4" />
<Member Name="AppendToAccess" Value="16" /><Member Name="CreateAccess" Value="32" />
<Member Name="DeleteAccess" Value="65536" /><Member Name="ShareAccess" Value="262144" />
<Member Name="AssignAccess" Value="524288" />
</EnumType>
<ComplexType Name="PrincipalAccess">
<Property Name="AccessMask" Type="mscrm.AccessRights" Nullable="false" />
<NavigationProperty Name="Principal" Type="mscrm.principal" Nullable="false" />
</ComplexType>
<ComplexType Name="WhoAmIResponse">
<Property Name="BusinessUnitId" Type="Edm.Guid" Nullable="false" />
<Property Name="UserId" Type="Edm.Guid" Nullable="false" />
<Property Name="OrganizationId" Type="Edm.Guid" Nullable="false" />
</ComplexType>
<ComplexType Name="RetrieveVersionResponse">
<Property Name="Version" Type="Edm.String" Unicode="false" />
</ComplexType>
<ComplexType Name="RetrieveSharedPrincipalsAndAccessResponse">
<Property Name="PrincipalAccesses" Type="Collection(mscrm.PrincipalAccess)" Nullable="false" />
</ComplexType>
<ComplexType Name="RetrievePrincipalAccessResponse">
<Property Name="AccessRights" Type="mscrm.AccessRights" Nullable="false" />
</ComplexType>
"""
_OPERATIONS = """
<Function Name="WhoAmI"><ReturnType Type="mscrm.WhoAmIResponse" Nullable="false" /></Function>
<Function Name="RetrieveVersion">
<ReturnType Type="mscrm.RetrieveVersionResponse" Nullable="false" /></Function>
<Function Name="RetrieveSharedPrincipalsAndAccess">
<Parameter Name="Target" Type="mscrm.crmbaseentity" Nullable="false" />
<ReturnType Type="mscrm.RetrieveSharedPrincipalsAndAccessResponse" Nullable="false" /></Function>
<Function Name="RetrievePrincipalAccess" IsBound="true">
<Parameter Name="entity" Type="mscrm.principal" Nullable="false" />
<Parameter Name="Target" Type="mscrm.crmbaseentity" Nullable="false" />
<ReturnType Type="mscrm.RetrievePrincipalAccessResponse" Nullable="false" /></Function>
<Action Name="GrantAccess"><Parameter Name="Target" Type="mscrm.crmbaseentity" Nullable="false" />
<Parameter Name="PrincipalAccess" Type="mscrm.PrincipalAccess" Nullable="false" /></Action>
<Action Name="ModifyAccess"><Parameter Name="Target" Type="mscrm.crmbaseentity" Nullable="false" />
<Parameter Name="PrincipalAccess" Type="mscrm.PrincipalAccess" Nullable="false" /></Action>
<Action Name="RevokeAccess"><Parameter Name="Target" Type="mscrm.crmbaseentity" Nullable="false" />
<Parameter Name="Revokee" Type="mscrm.principal" Nullable="false" /></Action>
<Action Name="PublishAllXml" />
"""
_FUNCTION_IMPORTS = ("WhoAmI", "RetrieveVersion", "RetrieveSharedPrincipalsAndAccess")
_ACTION_IMPORTS = ("GrantAccess", "ModifyAccess", "RevokeAccess", "PublishAllXml")


def service_document(request: Request) -> Response:
    """The list of entity sets."""
    sets = [
        {"name": table.entity_set, "kind": "EntitySet", "url": table.entity_set} for table in TABLES
    ]
    return ok(200, {"@odata.context": f"{request.root}$metadata", "value": sets}, request)


def document(request: Request) -> Response:
    """`$metadata`, which exists as XML only."""
    accept = request.headers.get("accept") or "*/*"
    if not any(kind in accept for kind in _XML_TYPES):
        raise ServiceError(
            415,
            "0x80060888",
            "A supported MIME type could not be found that matches the acceptable MIME types for "
            "the request. The supported type(s) 'application/xml' do not match any of the "
            f"acceptable MIME types '{accept}'.",
        )
    return Response(200, None, {"Content-Type": "application/xml"}, raw=_text().encode())


@lru_cache(maxsize=1)
def _text() -> str:
    types = "".join(_entity_type(table) for table in TABLES)
    sets = "".join(_entity_set(table) for table in TABLES)
    imports = "".join(
        f'<FunctionImport Name="{name}" Function="mscrm.{name}" />' for name in _FUNCTION_IMPORTS
    ) + "".join(f'<ActionImport Name="{name}" Action="mscrm.{name}" />' for name in _ACTION_IMPORTS)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        f'<edmx:DataServices><Schema Namespace="{_SPACE}" Alias="mscrm" '
        'xmlns="http://docs.oasis-open.org/odata/ns/edm">'
        f"{_TYPES}{types}{_OPERATIONS}"
        f'<EntityContainer Name="System">{sets}{imports}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _entity_type(table: Table) -> str:
    is_principal = table.logical in _PRINCIPALS
    base = "mscrm.principal" if is_principal else "mscrm.crmbaseentity"
    key = "" if is_principal else f'<Key><PropertyRef Name="{table.key}" /></Key>'
    properties = "".join(
        _property(name, edm, required=name == table.key)
        for name, edm in table.readable.items()
        if not (is_principal and name == "ownerid")
    )
    navigation = "".join(_lookup(table, lookup) for lookup in table.lookups)
    navigation += "".join(_collection(table, name) for name in COLLECTIONS.get(table.logical, {}))
    return (
        f'<EntityType Name="{table.logical}" BaseType="{base}">{key}{properties}{navigation}'
        "</EntityType>"
    )


def _property(name: str, edm: str, *, required: bool) -> str:
    kind = edm.replace(f"{_SPACE}.", "mscrm.")
    facets = ' Unicode="false"' if edm == "Edm.String" else ""
    facets += ' Nullable="false"' if required else ""
    return f"<Property Name={quoteattr(name)} Type={quoteattr(kind)}{facets} />"


def _type_of(lookup: Lookup) -> str:
    return "principal" if lookup.polymorphic else BY_SET[lookup.targets[0]].logical


def _lookup(table: Table, lookup: Lookup) -> str:
    partner = ""
    if lookup.collection and not lookup.polymorphic:
        partner = f' Partner="{lookup.collection}"'
    referenced = "ownerid" if lookup.polymorphic else BY_SET[lookup.targets[0]].key
    if _type_of(lookup) in _PRINCIPALS:
        referenced = "ownerid"
    constraint = (
        f'<ReferentialConstraint Property="{lookup.column}" ReferencedProperty="{referenced}" />'
    )
    return (
        f'<NavigationProperty Name="{lookup.name}" Type="mscrm.{_type_of(lookup)}"{partner}>'
        f"{constraint}</NavigationProperty>"
    )


def _collection(table: Table, name: str) -> str:
    collection = COLLECTIONS[table.logical][name]
    target = BY_SET[collection.target].logical
    partner = collection.lookup.name if collection.lookup is not None else name
    return (
        f'<NavigationProperty Name="{name}" Type="Collection(mscrm.{target})" '
        f'Partner="{partner}" />'
    )


def _entity_set(table: Table) -> str:
    bindings = "".join(
        f'<NavigationPropertyBinding Path="{lookup.name}" Target="{lookup.targets[0]}" />'
        for lookup in table.lookups
        if not lookup.polymorphic
    )
    bindings += "".join(
        f'<NavigationPropertyBinding Path="{name}" Target="{collection.target}" />'
        for name, collection in COLLECTIONS.get(table.logical, {}).items()
    )
    return (
        f'<EntitySet Name="{table.entity_set}" EntityType="mscrm.{table.logical}">{bindings}'
        "</EntitySet>"
    )

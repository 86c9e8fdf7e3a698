"""
Definitions of tables, columns, relationships, keys and choices, as the metadata tables show them.

Source: the reference of EntityMetadata, AttributeMetadata and their derived types.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..tables import BY_LOGICAL, BY_SET, COLLECTIONS, MANY_TO_MANY, TABLES, Column, Lookup, Table
from ..tables.schema import OnDelete

Model = dict[str, Any]
_SPACE = uuid.UUID("0e6a3b61-0000-4000-8000-00000000d000")
# Type in AttributeType and AttributeTypeName, and the name of the derived type, by kind.
_KINDS = {
    "string": ("String", "StringType", "StringAttributeMetadata"),
    "memo": ("Memo", "MemoType", "MemoAttributeMetadata"),
    "int": ("Integer", "IntegerType", "IntegerAttributeMetadata"),
    "bigint": ("BigInt", "BigIntType", "BigIntAttributeMetadata"),
    "bool": ("Boolean", "BooleanType", "BooleanAttributeMetadata"),
    "guid": ("Uniqueidentifier", "UniqueidentifierType", "UniqueIdentifierAttributeMetadata"),
    "date": ("DateTime", "DateTimeType", "DateTimeAttributeMetadata"),
    "double": ("Double", "DoubleType", "DoubleAttributeMetadata"),
    "choice": ("Picklist", "PicklistType", "PicklistAttributeMetadata"),
    "managed": ("ManagedProperty", "ManagedPropertyType", "ManagedPropertyAttributeMetadata"),
}
_STATES = {
    "statecode": ("State", "StateType", "StateAttributeMetadata"),
    "statuscode": ("Status", "StatusType", "StatusAttributeMetadata"),
}
RELATIONSHIP = "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata"
_INTERSECTS = frozenset(item.intersect for item in MANY_TO_MANY)


_ON_DELETE: Mapping[OnDelete, str] = {
    "cascade": "Cascade",
    "restrict": "Restrict",
    "remove_link": "RemoveLink",
    "keep": "NoCascade",
}


def metadata_id(*names: str) -> str:
    """The id of a definition, the same in every environment."""
    return str(uuid.uuid5(_SPACE, "/".join(names)))


def label(text: str | None) -> Model:
    """A label in the one language there is."""
    if text is None:
        return {"LocalizedLabels": [], "UserLocalizedLabel": None}
    localized = {
        "Label": text,
        "LanguageCode": 1033,
        "IsManaged": True,
        "MetadataId": metadata_id("label", text),
        "HasChanged": None,
    }
    return {"LocalizedLabels": [localized], "UserLocalizedLabel": localized}


def _managed(value: bool, name: str) -> Model:
    return {"Value": value, "CanBeChanged": False, "ManagedPropertyLogicalName": name}


@lru_cache(maxsize=1)
def tables() -> list[Model]:
    """Every table."""
    return [_table(table) for table in TABLES]


def _table(table: Table) -> Model:
    return {
        "MetadataId": metadata_id(table.logical),
        "LogicalName": table.logical,
        "SchemaName": table.schema_name,
        "EntitySetName": table.entity_set,
        "LogicalCollectionName": table.entity_set,
        "CollectionSchemaName": table.entity_set.capitalize(),
        "DisplayName": label(table.display_name),
        "DisplayCollectionName": label(f"{table.display_name}s"),
        "Description": label(None),
        "ObjectTypeCode": table.object_type,
        "PrimaryIdAttribute": table.key,
        "PrimaryNameAttribute": table.name_column,
        "PrimaryImageAttribute": None,
        "OwnershipType": "UserOwned" if table.owned else "OrganizationOwned",
        "TableType": "Elastic" if table.logical == "flowrun" else "Standard",
        "DataProviderId": None,
        "HasChanged": None,
        "IsActivity": False,
        "IsChildEntity": False,
        "IsCustomEntity": False,
        "IsIntersect": table.logical in _INTERSECTS,
        "IsLogicalEntity": False,
        "IsManaged": True,
        "IsPrivate": False,
        "IsValidForAdvancedFind": True,
        "IsOptimisticConcurrencyEnabled": True,
        "ChangeTrackingEnabled": False,
        "IsEnabledForCharts": False,
        "IsAuditEnabled": _managed(False, "canmodifyauditsettings"),
        "IsCustomizable": _managed(False, "iscustomizable"),
        "CanCreateAttributes": _managed(False, "cancreateattributes"),
        "IntroducedVersion": "5.0.0.0",
    }


def attributes(table: Table) -> list[Model]:
    """Every column of a table."""
    return _attributes(table.logical)


@lru_cache(maxsize=64)
def _attributes(logical: str) -> list[Model]:
    table = BY_LOGICAL[logical]
    found = [_attribute(table, column) for column in table.columns]
    found += [_lookup(table, lookup) for lookup in table.lookups]
    return sorted(found, key=lambda model: str(model["LogicalName"]))


def _base(
    table: Table, name: str, kinds: tuple[str, str, str], *, required: bool, writable: bool
) -> Model:
    kind, type_name, derived = kinds
    level = "SystemRequired" if name == table.key else (
        "ApplicationRequired" if required else "None"
    )  # fmt: skip
    return {
        "@odata.type": f"#Microsoft.Dynamics.CRM.{derived}",
        "MetadataId": metadata_id(table.logical, name),
        "LogicalName": name,
        "SchemaName": name,
        "EntityLogicalName": table.logical,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": type_name},
        "AttributeOf": None,
        "DisplayName": label(name.capitalize()),
        "Description": label(None),
        "RequiredLevel": {
            "Value": level,
            "CanBeChanged": False,
            "ManagedPropertyLogicalName": "canmodifyrequirementlevelsettings",
        },
        "IsPrimaryId": name == table.key,
        "IsPrimaryName": name == table.name_column,
        "IsValidForCreate": writable,
        "IsValidForUpdate": writable and name != table.key,
        "IsValidForRead": True,
        "IsValidODataAttribute": True,
        "IsCustomAttribute": False,
        "IsManaged": True,
        "IsLogical": False,
        "IsFilterable": True,
        "IsSecured": False,
        "IsCustomizable": _managed(False, "iscustomizable"),
        "HasChanged": None,
    }


def _attribute(table: Table, column: Column) -> Model:
    kinds = _KINDS[column.kind]
    if column.kind == "choice" and column.name in _STATES:
        kinds = _STATES[column.name]
    writable = column.writable and not table.read_only
    model = _base(table, column.name, kinds, required=column.required, writable=writable)
    if column.kind in ("string", "memo"):
        model |= {"MaxLength": column.longest, "Format": "Text"}
    if column.kind == "int":
        model |= {"MinValue": column.lowest, "MaxValue": column.highest, "Format": "None"}
    if column.kind == "date":
        model |= {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}}
    if column.kind == "choice":
        model |= {"DefaultFormValue": column.default}
    return model


def _lookup(table: Table, lookup: Lookup) -> Model:
    kinds = ("Lookup", "LookupType", "LookupAttributeMetadata")
    if lookup.name == "ownerid":
        kinds = ("Owner", "OwnerType", "LookupAttributeMetadata")
    writable = lookup.writable and not table.read_only
    model = _base(table, lookup.attribute, kinds, required=lookup.required, writable=writable)
    model["Targets"] = [BY_SET[target].logical for target in lookup.targets]
    return model


def option_set(table: Table, name: str) -> Model | None:
    """The options of a column, where it has any."""
    column = table.by_name.get(name)
    if column is None or not column.labels:
        return None
    kind = {"bool": "Boolean"}.get(column.kind, {"statecode": "State", "statuscode": "Status"}.get(
        name, "Picklist"))  # fmt: skip
    shared = {
        "MetadataId": metadata_id(table.logical, name, "options"),
        "Name": f"{table.logical}_{name}",
        "OptionSetType": kind,
        "IsGlobal": False,
        "IsManaged": True,
        "IsCustomOptionSet": False,
        "DisplayName": label(name.capitalize()),
    }
    options = {value: _option(table, name, value, text) for value, text in column.labels.items()}
    if column.kind == "bool":
        return {
            "@odata.type": "#Microsoft.Dynamics.CRM.BooleanOptionSetMetadata",
            **shared,
            "TrueOption": options.get(1),
            "FalseOption": options.get(0),
        }
    return {
        "@odata.type": "#Microsoft.Dynamics.CRM.OptionSetMetadata",
        **shared,
        "Options": list(options.values()),
    }


def _option(table: Table, name: str, value: int, text: str) -> Model:
    option: Model = {
        "Value": value,
        "Label": label(text),
        "Description": label(None),
        "Color": None,
        "IsManaged": True,
        "ExternalValue": "",
        "ParentValues": [],
        "MetadataId": None,
        "HasChanged": None,
    }
    if name == "statecode":
        option |= {"DefaultStatus": value + 1, "InvariantName": text}
    if name == "statuscode":
        option |= {"State": value - 1, "TransitionData": None}
    return option


def many_to_one(table: Table) -> list[Model]:
    """The relationships of a table's own lookups."""
    return [
        _relationship(table, lookup, target) for lookup in table.lookups
        for target in lookup.targets
    ]  # fmt: skip


def one_to_many(table: Table) -> list[Model]:
    """The relationships of lookups that point at a table."""
    return [
        _relationship(other, lookup, table.entity_set)
        for other in TABLES
        for lookup in other.lookups
        if table.entity_set in lookup.targets
    ]


def _relationship(table: Table, lookup: Lookup, target: str) -> Model:
    referenced = BY_SET[target]
    name = lookup.collection or f"lk_{table.logical}base_{lookup.attribute}"
    if lookup.polymorphic:
        name = f"{name}_{referenced.logical}"
    back = name if name in COLLECTIONS[referenced.logical] else None
    return {
        "MetadataId": metadata_id(table.logical, lookup.name, target),
        "SchemaName": name,
        "RelationshipType": "OneToManyRelationship",
        "ReferencedAttribute": referenced.key,
        "ReferencedEntity": referenced.logical,
        "ReferencingAttribute": lookup.attribute,
        "ReferencingEntity": table.logical,
        "ReferencedEntityNavigationPropertyName": back,
        "ReferencingEntityNavigationPropertyName": lookup.name,
        "IsCustomRelationship": False,
        "IsManaged": True,
        "IsHierarchical": False,
        "CascadeConfiguration": {
            "Delete": _ON_DELETE[lookup.on_delete],
            "Assign": "NoCascade",
            "Share": "NoCascade",
            "Unshare": "NoCascade",
            "Reparent": "NoCascade",
            "Merge": "NoCascade",
            "RollupView": "NoCascade",
        },
    }


def many_to_many(table: Table | None = None) -> list[Model]:
    """The N:N relationships of a table, or all."""
    return [
        {
            "MetadataId": metadata_id(item.name),
            "SchemaName": item.name,
            "RelationshipType": "ManyToManyRelationship",
            "IntersectEntityName": item.intersect,
            "Entity1LogicalName": BY_SET[item.first[0]].logical,
            "Entity1IntersectAttribute": item.first[1],
            "Entity1NavigationPropertyName": item.name,
            "Entity2LogicalName": BY_SET[item.second[0]].logical,
            "Entity2IntersectAttribute": item.second[1],
            "Entity2NavigationPropertyName": item.name,
            "IsCustomRelationship": False,
            "IsManaged": True,
        }
        for item in MANY_TO_MANY
        if table is None or table.entity_set in (item.first[0], item.second[0])
    ]


def keys(table: Table) -> list[Model]:
    """The alternate keys of a table."""
    return [
        {
            "MetadataId": metadata_id(table.logical, name, "key"),
            "LogicalName": f"{table.logical}_{name}",
            "SchemaName": f"{table.logical}_{name}",
            "EntityLogicalName": table.logical,
            "KeyAttributes": list(columns),
            "EntityKeyIndexStatus": "Active",
            "IsManaged": True,
            "DisplayName": label(name.capitalize()),
        }
        for columns in (*((name,) for name in (*table.unique, *table.alternate)), *table.compound)
        for name in ("_".join(columns),)
    ]


def by_id_or_name(models: list[Model], named: Mapping[str, str], plain: str) -> Model | None:
    """The definition that a key names: a bare id, `MetadataId`, or a name."""
    for model in models:
        if plain and plain.lower() == model["MetadataId"]:
            return model
        if named and all(str(model.get(name)) == value for name, value in named.items()):
            return model
    return None

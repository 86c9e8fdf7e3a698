"""
Tables of what binds flows to an environment: connection references and environment variables.

Source: the reference pages of `connectionreference`, `environmentvariabledefinition` and
`environmentvariablevalue`.
"""

from __future__ import annotations

from .schema import (
    ACTIVE_STATES,
    ACTIVE_STATUSES,
    AUDIT,
    COMPONENT,
    SYSTEM,
    Lookup,
    Table,
    boolean,
    choice,
    guid,
    managed,
    memo,
    owned,
    string,
)

_STATE = (
    choice("statecode", ACTIVE_STATES, 0),
    choice("statuscode", ACTIVE_STATUSES, 1),
)

CONNECTION_REFERENCE = Table(
    "connectionreference",
    "connectionreferences",
    "connectionreferenceid",
    (
        guid("connectionreferenceid"),
        string("connectionreferencelogicalname", 200, required=True),
        string("connectionreferencedisplayname", 200),
        string("connectorid", 1000),
        string("connectionid", 1000),
        memo("description", 2000),
        choice("promptingbehavior", {0: "None", 1: "SkipPrompt"}, 0),
        managed("iscustomizable"),
        *_STATE,
        *COMPONENT,
        *SYSTEM,
    ),
    (
        *owned("connectionreference"),
        *AUDIT,
        Lookup("CustomConnectorId", ("connectors",), writable=True,
               collection="connector_connectionreference"),
    ),
    name_column="connectionreferencedisplayname",
    unique=("connectionreferencelogicalname",),
    object_type=10162,
    display="Connection Reference",
    solution_component=10162,
)  # fmt: skip

CONNECTOR = Table(
    "connector",
    "connectors",
    "connectorid",
    (
        guid("connectorid"),
        string("name", 100, required=True),
        string("displayname", 100),
        string("connectorinternalid", 100),
        memo("description", 1000),
        choice("connectortype", {0: "NotSpecified", 1: "CustomConnector"}, 1),
        memo("openapidefinition", 1_073_741_823),
        managed("iscustomizable"),
        *_STATE,
        *COMPONENT,
        *SYSTEM,
    ),
    (*owned("connector"), *AUDIT),
    object_type=372,
    display="Connector",
    solution_component=372,
)

ENVIRONMENT_VARIABLE_DEFINITION = Table(
    "environmentvariabledefinition",
    "environmentvariabledefinitions",
    "environmentvariabledefinitionid",
    (
        guid("environmentvariabledefinitionid"),
        string("schemaname", 100, required=True, create_only=True),
        string("displayname", 100),
        memo("description", 2000),
        choice(
            "type",
            {
                100_000_000: "String",
                100_000_001: "Number",
                100_000_002: "Boolean",
                100_000_003: "JSON",
                100_000_004: "Data Source",
                100_000_005: "Secret",
            },
            100_000_000,
        ),
        memo("defaultvalue", 2000),
        boolean("isrequired"),
        memo("apiid", 150),
        memo("parameterkey", 150),
        choice("secretstore", {0: "Azure Key Vault", 1: "Microsoft Dataverse"}, 0),
        memo("hint", 2000),
        string("introducedversion", 48),
        memo("valueschema", 2000),
        managed("iscustomizable"),
        *_STATE,
        *COMPONENT,
        *SYSTEM,
    ),
    (
        *owned("environmentvariabledefinition"),
        *AUDIT,
        Lookup("ParentDefinitionId", ("environmentvariabledefinitions",), True,
               collection="envdefinition_envdefinition"),
    ),
    name_column="schemaname",
    unique=("schemaname",),
    object_type=380,
    display="Environment Variable Definition",
    solution_component=380,
)  # fmt: skip

ENVIRONMENT_VARIABLE_VALUE = Table(
    "environmentvariablevalue",
    "environmentvariablevalues",
    "environmentvariablevalueid",
    (
        guid("environmentvariablevalueid"),
        string("schemaname", 100),
        memo("value", 2000),
        string("introducedversion", 48),
        managed("iscustomizable"),
        *_STATE,
        *COMPONENT,
        *SYSTEM,
    ),
    (
        *owned("environmentvariablevalue"),
        *AUDIT,
        Lookup(
            "EnvironmentVariableDefinitionId",
            ("environmentvariabledefinitions",),
            writable=True,
            required=True,
            collection="environmentvariabledefinition_environmentvariablevalue",
            on_delete="cascade",
        ),
    ),
    name_column="schemaname",
    object_type=381,
    display="Environment Variable Value",
    solution_component=381,
)

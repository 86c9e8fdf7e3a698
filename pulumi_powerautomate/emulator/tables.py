"""
The tables, column by column, as the reference pages of Dataverse list them.

A column that is not here does not exist: naming it in a body, a filter or a selection is refused
as the service refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Kind = Literal["string", "memo", "int", "bool", "guid", "date", "double", "object"]


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    kind: Kind = "string"
    longest: int = 0
    writable: bool = True
    required: bool = False
    default: Any = None
    labels: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lookup:
    """A reference to a row of another table; navigation property `name`, column `_name_value`."""

    name: str
    targets: tuple[str, ...]
    writable: bool = False

    @property
    def column(self) -> str:
        """The column that shows the id."""
        return f"_{self.name.lower()}_value"


@dataclass(frozen=True)
class Table:
    """One table: its names, key, columns and lookups."""

    logical: str
    entity_set: str
    key: str
    columns: tuple[Column, ...]
    lookups: tuple[Lookup, ...] = ()
    name_column: str = "name"
    read_only: bool = False
    unique: tuple[str, ...] = ()
    object_type: int = field(default=0)
    case_sensitive: bool = False

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def lookup_by_name(self) -> Mapping[str, Lookup]:
        """Lookups by navigation property, in lower case."""
        return {lookup.name.lower(): lookup for lookup in self.lookups}

    @cached_property
    def readable(self) -> frozenset[str]:
        """Every name that a selection may have."""
        return frozenset(self.by_name) | {lookup.column for lookup in self.lookups}


def _string(name: str, longest: int = 100, **more: Any) -> Column:
    return Column(name, "string", longest, **more)


def _memo(name: str, longest: int = 100_000, **more: Any) -> Column:
    return Column(name, "memo", longest, **more)


def _int(name: str, default: int | None = None, **more: Any) -> Column:
    return Column(name, "int", default=default, **more)


def _bool(name: str, default: bool | None = False, **more: Any) -> Column:
    return Column(name, "bool", default=default, **more)


def _key(name: str) -> Column:
    return Column(name, "guid")


_CUSTOMIZABLE = {
    "Value": True,
    "CanBeChanged": True,
    "ManagedPropertyLogicalName": "iscustomizableanddeletable",
}

_SYSTEM = (
    Column("createdon", "date", writable=False),
    Column("modifiedon", "date", writable=False),
    _int("versionnumber", writable=False),
)
_CATEGORIES = {0: "Workflow", 5: "Modern Flow", 6: "Desktop Flow"}
_PEOPLE = ("systemusers",)
_OWNERS = ("systemusers", "teams")
_AUDIT = (Lookup("createdby", _PEOPLE), Lookup("modifiedby", _PEOPLE))
_OWNED = (
    Lookup("ownerid", _OWNERS, writable=True),
    Lookup("owningbusinessunit", ("businessunits",)),
)
_MANAGED = (
    _bool("ismanaged", writable=False),
    Column("solutionid", "guid", writable=False),
    _int("componentstate", 0, writable=False),
    Column("overwritetime", "date", writable=False),
)

WORKFLOW = Table(
    "workflow",
    "workflows",
    "workflowid",
    (
        _key("workflowid"),
        Column("workflowidunique", "guid", writable=False),
        _string("name", 100, required=True),
        _memo("description"),
        _int(
            "category", required=True, labels={0: "Workflow", 5: "Modern Flow", 6: "Desktop Flow"}
        ),
        _int("type", required=True),
        _string("primaryentity", 100, required=True),
        _memo("clientdata", 1_073_741_823),
        _memo("connectionreferences"),
        _int("statecode", 0, labels={0: "Draft", 1: "Activated", 2: "Suspended"}),
        _int("statuscode", 1, labels={1: "Draft", 2: "Activated", 3: "CompanyDLPViolation"}),
        _int("mode", 0),
        _int("scope", 4),
        _int("modernflowtype", 0),
        _int("uiflowtype"),
        _int("runas", 1),
        _int("businessprocesstype", 0),
        _bool("ondemand"),
        _bool("subprocess"),
        _bool("triggeroncreate"),
        _bool("triggerondelete"),
        _bool("asyncautodelete"),
        _bool("syncworkflowlogonfailure"),
        _bool("istransacted", True),
        _memo("triggeronupdateattributelist"),
        Column("resourceid", "guid"),
        _memo("resourcecontainer", 10_000),
        Column("iscustomizable", "object", default=_CUSTOMIZABLE),
        _int("throttlingbehavior"),
        Column("licensee", "guid"),
        _string("suspensionreasondetails", 500),
        _string("introducedversion", 48),
        _string("uniquename", 256),
        _string("schemaversion", 100),
        _int("languagecode"),
        _memo("definition"),
        _memo("inputs"),
        _memo("outputs"),
        _bool("iscrmuiworkflow", writable=False),
        _bool("clientdataiscompressed", writable=False),
        _bool("trustedaccess", writable=False),
        *_MANAGED,
        *_SYSTEM,
    ),
    (
        *_OWNED,
        *_AUDIT,
        Lookup("activeworkflowid", ("workflows",)),
        Lookup("parentworkflowid", ("workflows",)),
    ),
    object_type=4703,
)

CONNECTION_REFERENCE = Table(
    "connectionreference",
    "connectionreferences",
    "connectionreferenceid",
    (
        _key("connectionreferenceid"),
        _string("connectionreferencelogicalname", 200, required=True),
        _string("connectionreferencedisplayname", 200),
        _string("connectorid", 1000),
        _string("connectionid", 1000),
        _memo("description", 2000),
        _int("promptingbehavior", 0),
        _int("statecode", 0),
        _int("statuscode", 1),
        Column("iscustomizable", "object", default=_CUSTOMIZABLE),
        *_MANAGED,
        *_SYSTEM,
    ),
    (*_OWNED, *_AUDIT, Lookup("CustomConnectorId", ("connectors",), writable=True)),
    name_column="connectionreferencelogicalname",
    unique=("connectionreferencelogicalname",),
    object_type=10162,
)

SOLUTION = Table(
    "solution",
    "solutions",
    "solutionid",
    (
        _key("solutionid"),
        _string("uniquename", 65, required=True),
        _string("friendlyname", 256, required=True),
        _string("version", 256, required=True),
        _memo("description", 2000),
        _bool("ismanaged", writable=False),
        _bool("isvisible", True, writable=False),
        _bool("isapimanaged", writable=False),
        Column("installedon", "date", writable=False),
        _string("solutionpackageversion", 256),
        _string("templatesuffix", 65),
        _memo("upgradeinfo", 10_000),
        *_SYSTEM,
    ),
    (
        Lookup("publisherid", ("publishers",), writable=True),
        Lookup("parentsolutionid", ("solutions",)),
        Lookup("organizationid", ("organizations",)),
        *_AUDIT,
    ),
    name_column="friendlyname",
    unique=("uniquename",),
    object_type=7100,
)

PUBLISHER = Table(
    "publisher",
    "publishers",
    "publisherid",
    (
        _key("publisherid"),
        _string("uniquename", 256, required=True),
        _string("friendlyname", 256, required=True),
        _string("customizationprefix", 8, required=True),
        _int("customizationoptionvalueprefix", required=True),
        _memo("description", 2000),
        _bool("isreadonly", writable=False),
        *_SYSTEM,
    ),
    _AUDIT,
    name_column="friendlyname",
    unique=("uniquename",),
    object_type=7101,
)

SOLUTION_COMPONENT = Table(
    "solutioncomponent",
    "solutioncomponents",
    "solutioncomponentid",
    (
        _key("solutioncomponentid"),
        Column("objectid", "guid"),
        _int("componenttype"),
        _int("rootcomponentbehavior"),
        _bool("ismetadata"),
        *_SYSTEM,
    ),
    (Lookup("solutionid", ("solutions",)), *_AUDIT),
    name_column="objectid",
    read_only=True,
    object_type=7103,
)

SYSTEM_USER = Table(
    "systemuser",
    "systemusers",
    "systemuserid",
    (
        _key("systemuserid"),
        Column("ownerid", "guid", writable=False),
        _string("fullname", 200, writable=False),
        _string("firstname", 256),
        _string("lastname", 256),
        _string("internalemailaddress", 100),
        _string("domainname", 1024),
        Column("azureactivedirectoryobjectid", "guid"),
        Column("applicationid", "guid"),
        _bool("isdisabled"),
        _int("accessmode", 0),
        _int("userlicensetype", -1),
        *_SYSTEM,
    ),
    (Lookup("businessunitid", ("businessunits",), writable=True), *_AUDIT),
    name_column="fullname",
    object_type=8,
)

TEAM = Table(
    "team",
    "teams",
    "teamid",
    (
        _key("teamid"),
        Column("ownerid", "guid", writable=False),
        _string("name", 160, required=True),
        _memo("description", 2000),
        _int("teamtype", 0),
        _bool("isdefault", writable=False),
        _string("emailaddress", 100),
        Column("azureactivedirectoryobjectid", "guid"),
        _int("membershiptype", 0),
        *_SYSTEM,
    ),
    (
        Lookup("businessunitid", ("businessunits",), writable=True),
        Lookup("administratorid", _PEOPLE, writable=True),
        *_AUDIT,
    ),
    object_type=9,
)

TEAM_MEMBERSHIP = Table(
    "teammembership",
    "teammemberships",
    "teammembershipid",
    (
        _key("teammembershipid"),
        Column("teamid", "guid", writable=False),
        Column("systemuserid", "guid", writable=False),
        *_SYSTEM,
    ),
    name_column="teammembershipid",
    read_only=True,
    object_type=23,
)

ROLE = Table(
    "role",
    "roles",
    "roleid",
    (_key("roleid"), _string("name", 100), *_SYSTEM),
    (Lookup("businessunitid", ("businessunits",), writable=True),),
    object_type=1036,
)

BUSINESS_UNIT = Table(
    "businessunit",
    "businessunits",
    "businessunitid",
    (_key("businessunitid"), _string("name", 160, required=True), *_SYSTEM),
    (Lookup("parentbusinessunitid", ("businessunits",), writable=True),),
    object_type=10,
)

ORGANIZATION = Table(
    "organization",
    "organizations",
    "organizationid",
    (
        _key("organizationid"),
        _string("name", 160),
        _int("languagecode", 1033),
        _int("maxuploadfilesize", 131_072_000),
        _int("flowruntimetoliveinseconds", 2_419_200),
        *_SYSTEM,
    ),
    object_type=1019,
)

PRINCIPAL_OBJECT_ACCESS = Table(
    "principalobjectaccess",
    "principalobjectaccessset",
    "principalobjectaccessid",
    (
        _key("principalobjectaccessid"),
        Column("principalid", "guid"),
        _string("principaltypecode", 100),
        Column("objectid", "guid"),
        _string("objecttypecode", 100),
        _int("accessrightsmask", 0),
        _int("inheritedaccessrightsmask", 0),
        Column("changedon", "date"),
        *_SYSTEM,
    ),
    name_column="principalobjectaccessid",
    read_only=True,
    object_type=11,
)

CALLBACK_REGISTRATION = Table(
    "callbackregistration",
    "callbackregistrations",
    "callbackregistrationid",
    (_key("callbackregistrationid"), _string("name", 100), _int("message"), *_SYSTEM),
    (*_OWNED, *_AUDIT),
    object_type=301,
)

ENVIRONMENT_VARIABLE_DEFINITION = Table(
    "environmentvariabledefinition",
    "environmentvariabledefinitions",
    "environmentvariabledefinitionid",
    (
        _key("environmentvariabledefinitionid"),
        _string("schemaname", 100, required=True),
        _string("displayname", 100),
        _memo("description", 2000),
        _int("type", 100_000_000),
        _memo("defaultvalue", 2000),
        _bool("isrequired"),
        _memo("apiid", 150),
        _memo("parameterkey", 150),
        _int("secretstore", 0),
        _string("introducedversion", 48),
        _memo("valueschema", 2000),
        Column("iscustomizable", "object", default=_CUSTOMIZABLE),
        _int("statecode", 0),
        _int("statuscode", 1),
        *_MANAGED,
        *_SYSTEM,
    ),
    (*_OWNED, *_AUDIT),
    name_column="schemaname",
    unique=("schemaname",),
    object_type=380,
)

ENVIRONMENT_VARIABLE_VALUE = Table(
    "environmentvariablevalue",
    "environmentvariablevalues",
    "environmentvariablevalueid",
    (
        _key("environmentvariablevalueid"),
        _string("schemaname", 100),
        _memo("value", 2000),
        _string("introducedversion", 48),
        Column("iscustomizable", "object", default=_CUSTOMIZABLE),
        _int("statecode", 0),
        _int("statuscode", 1),
        *_MANAGED,
        *_SYSTEM,
    ),
    (
        *_OWNED,
        *_AUDIT,
        Lookup("EnvironmentVariableDefinitionId", ("environmentvariabledefinitions",), True),
    ),
    name_column="schemaname",
    object_type=381,
)

ASYNC_OPERATION = Table(
    "asyncoperation",
    "asyncoperations",
    "asyncoperationid",
    (
        _key("asyncoperationid"),
        _string("name", 256),
        _int("operationtype"),
        _int("statecode", 0),
        _int("statuscode", 0),
        _int("errorcode"),
        _memo("message"),
        _memo("friendlymessage"),
        _memo("data", 1_073_741_823),
        _string("messagename", 160),
        _string("dependencytoken", 256),
        Column("startedon", "date"),
        Column("completedon", "date"),
        *_SYSTEM,
    ),
    (*_OWNED, *_AUDIT),
    read_only=True,
    object_type=4700,
)

IMPORT_JOB = Table(
    "importjob",
    "importjobs",
    "importjobid",
    (
        _key("importjobid"),
        _string("name", 100),
        _string("solutionname", 100),
        Column("solutionid", "guid"),
        Column("progress", "double", default=0.0),
        Column("startedon", "date"),
        Column("completedon", "date"),
        _string("importcontext", 100),
        _string("operationcontext", 100),
        _memo("data", 1_073_741_823),
        *_SYSTEM,
    ),
    _AUDIT,
    read_only=True,
    object_type=9107,
)

FLOW_RUN = Table(
    "flowrun",
    "flowruns",
    "flowrunid",
    (
        _key("flowrunid"),
        _string("name", 100, required=True),
        _int("duration"),
        Column("starttime", "date"),
        Column("endtime", "date"),
        _string("status", 100),
        _string("triggertype", 100),
        _string("errorcode", 100),
        _memo("errormessage", 20_000),
        _int("isprimary", labels={0: "false", 1: "true"}),
        _string("parentrunid", 100),
        _string("partitionid", 100),
        _string("resourceid", 100),
        _string("workflowid", 100),
        _string("workflowname", 100, writable=False),
        _int("ttlinseconds"),
        _int("importsequencenumber"),
        Column("overriddencreatedon", "date"),
        _int("timezoneruleversionnumber"),
        _int("utcconversiontimezonecode"),
        *_SYSTEM,
    ),
    (*_OWNED, *_AUDIT, Lookup("Workflow", ("workflows",), writable=True)),
)

TABLES: tuple[Table, ...] = (
    WORKFLOW,
    CONNECTION_REFERENCE,
    SOLUTION,
    PUBLISHER,
    SOLUTION_COMPONENT,
    SYSTEM_USER,
    TEAM,
    TEAM_MEMBERSHIP,
    ROLE,
    BUSINESS_UNIT,
    ORGANIZATION,
    PRINCIPAL_OBJECT_ACCESS,
    CALLBACK_REGISTRATION,
    ENVIRONMENT_VARIABLE_DEFINITION,
    ENVIRONMENT_VARIABLE_VALUE,
    ASYNC_OPERATION,
    IMPORT_JOB,
    FLOW_RUN,
)
BY_SET: Mapping[str, Table] = {table.entity_set: table for table in TABLES}
BY_LOGICAL: Mapping[str, Table] = {table.logical: table for table in TABLES}

"""
Tables of solutions, their components, and the jobs that work on them.

Source: the reference pages of `solution`, `publisher`, `solutioncomponent`,
`solutioncomponentdefinition`, `asyncoperation` and `importjob`.
"""

from __future__ import annotations

from .schema import (
    AUDIT,
    SYSTEM,
    Column,
    Lookup,
    Table,
    boolean,
    choice,
    date,
    guid,
    integer,
    memo,
    owned,
    string,
)

SOLUTION = Table(
    "solution",
    "solutions",
    "solutionid",
    (
        guid("solutionid"),
        string("uniquename", 65, required=True, create_only=True),
        string("friendlyname", 256, required=True),
        string("version", 256, required=True),
        memo("description", 2000),
        boolean("ismanaged", writable=False, labels={1: "Managed", 0: "Unmanaged"}),
        boolean("isvisible", True, writable=False),
        boolean("isapimanaged", writable=False),
        boolean("enabledforsourcecontrolintegration"),
        date("installedon", writable=False),
        date("updatedon", writable=False),
        string("solutionpackageversion", 256),
        string("templatesuffix", 65),
        memo("upgradeinfo", 10_000),
        choice("solutiontype", {0: "None", 1: "Snapshot", 2: "Internal"}, writable=False),
        string("pinpointsolutiondefaultlocale", 16, writable=False),
        *SYSTEM,
    ),
    (
        Lookup("publisherid", ("publishers",), writable=True, required=True,
               collection="publisher_solution", on_delete="restrict"),
        Lookup("parentsolutionid", ("solutions",), collection="solution_parent_solution"),
        Lookup("organizationid", ("organizations",), collection="organization_solution"),
        *AUDIT,
    ),
    name_column="friendlyname",
    unique=("uniquename",),
    object_type=7100,
)  # fmt: skip

PUBLISHER = Table(
    "publisher",
    "publishers",
    "publisherid",
    (
        guid("publisherid"),
        string("uniquename", 256, required=True, create_only=True),
        string("friendlyname", 256, required=True),
        string("customizationprefix", 8, required=True),
        integer("customizationoptionvalueprefix", required=True, lowest=10_000, highest=99_999),
        memo("description", 2000),
        string("emailaddress", 100),
        string("supportingwebsiteurl", 200),
        boolean("isreadonly", writable=False),
        *SYSTEM,
    ),
    (
        Lookup("organizationid", ("organizations",), collection="organization_publisher"),
        *AUDIT,
    ),
    name_column="friendlyname",
    unique=("uniquename",),
    object_type=7101,
)

_BEHAVIOURS = {
    0: "Include Subcomponents",
    1: "Do not include subcomponents",
    2: "Include As Shell Only",
}
_COMPONENT_TYPES = {
    1: "Entity",
    2: "Attribute",
    9: "Option Set",
    10: "Entity Relationship",
    20: "Role",
    26: "Saved Query",
    29: "Workflow",
    60: "System Form",
    61: "Web Resource",
    62: "Site Map",
    80: "Model-driven App",
    91: "Plugin Assembly",
    92: "SDK Message Processing Step",
    300: "Canvas App",
    371: "Connector",
    372: "Connector",
    380: "Environment Variable Definition",
    381: "Environment Variable Value",
    10162: "Connection Reference",
}

SOLUTION_COMPONENT = Table(
    "solutioncomponent",
    "solutioncomponents",
    "solutioncomponentid",
    (
        guid("solutioncomponentid"),
        guid("objectid"),
        choice("componenttype", _COMPONENT_TYPES),
        choice("rootcomponentbehavior", _BEHAVIOURS),
        guid("rootsolutioncomponentid"),
        boolean("ismetadata", labels={1: "Metadata", 0: "Data"}),
        *SYSTEM,
    ),
    (
        Lookup("solutionid", ("solutions",), collection="solution_solutioncomponent",
               on_delete="cascade"),
        *AUDIT,
    ),
    name_column="objectid",
    read_only=True,
    object_type=7103,
    schema="SolutionComponent",
    display="Solution Component",
)  # fmt: skip

SOLUTION_COMPONENT_DEFINITION = Table(
    "solutioncomponentdefinition",
    "solutioncomponentdefinitions",
    "solutioncomponentdefinitionid",
    (
        guid("solutioncomponentdefinitionid"),
        string("name", 100),
        string("primaryentityname", 100),
        integer("solutioncomponenttype"),
        integer("objecttypecode"),
        boolean("ismetadata"),
        *SYSTEM,
    ),
    read_only=True,
    object_type=7104,
    schema="SolutionComponentDefinition",
    display="Solution Component Definition",
)

_OPERATION_STATUSES = {
    0: "Waiting For Resources",
    10: "Waiting",
    20: "In Progress",
    21: "Pausing",
    22: "Canceling",
    30: "Succeeded",
    31: "Failed",
    32: "Canceled",
}
_OPERATION_TYPES = {
    1: "System Event",
    10: "Workflow",
    13: "Bulk Delete",
    54: "Execute Async Request",
    202: "Export Solution Async Operation",
    203: "Import Solution Async Operation",
    204: "Publish All",
    207: "DeleteAndPromote",
    208: "UninstallSolution",
    211: "StageAndUpgrade",
}

ASYNC_OPERATION = Table(
    "asyncoperation",
    "asyncoperations",
    "asyncoperationid",
    (
        guid("asyncoperationid"),
        string("name", 256),
        choice("operationtype", _OPERATION_TYPES),
        choice("statecode", {0: "Ready", 1: "Suspended", 2: "Locked", 3: "Completed"}, 0),
        choice("statuscode", _OPERATION_STATUSES, 0),
        integer("errorcode"),
        memo("message"),
        memo("friendlymessage"),
        memo("data", 1_073_741_823),
        string("messagename", 160),
        string("dependencytoken", 256),
        string("primaryentitytype", 128),
        guid("correlationid"),
        integer("depth"),
        integer("retrycount"),
        date("startedon"),
        date("completedon"),
        date("postponeuntil"),
        *SYSTEM,
    ),
    (
        *owned("asyncoperation"),
        Lookup("regardingobjectid", ("workflows", "systemusers", "teams", "connectionreferences"),
               collection="regarding_asyncoperation"),
        *AUDIT,
    ),
    read_only=True,
    object_type=4700,
    schema="AsyncOperation",
    display="System Job",
)  # fmt: skip

IMPORT_JOB = Table(
    "importjob",
    "importjobs",
    "importjobid",
    (
        guid("importjobid"),
        string("name", 100),
        string("solutionname", 100),
        guid("solutionid"),
        Column("progress", "double", default=0.0),
        date("startedon"),
        date("completedon"),
        string("importcontext", 100),
        string("operationcontext", 100),
        memo("data", 1_073_741_823),
        *SYSTEM,
    ),
    (
        Lookup("organizationid", ("organizations",), collection="organization_importjob"),
        *AUDIT,
    ),
    read_only=True,
    object_type=9107,
    schema="ImportJob",
    display="Import Job",
)

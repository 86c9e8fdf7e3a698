"""
Things that a run puts into an environment: flows that do nothing, and packages that hold them.
"""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..solution.zip import zipped

_SCHEMA = (
    "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
    "workflowdefinition.json#"
)
OFFICE = "shared_office365"
CONNECTORS = "/providers/Microsoft.PowerApps/apis/"


def document(
    actions: dict[str, Any] | None = None, references: dict[str, Any] | None = None
) -> str:
    """The document of a flow that starts by hand, and does nothing unless it is given actions."""
    definition = {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "$connections": {"defaultValue": {}, "type": "Object"},
            "$authentication": {"defaultValue": {}, "type": "SecureObject"},
        },
        "triggers": {
            "manual": {
                "type": "Request",
                "kind": "Button",
                "inputs": {"schema": {"type": "object", "properties": {}, "required": []}},
            }
        },
        "actions": actions or {},
    }
    properties = {"connectionReferences": references or {}, "definition": definition}
    return json.dumps({"properties": properties, "schemaVersion": "1.0.0.0"})


def compose(text: str = "nothing") -> dict[str, Any]:
    """One action that computes a constant."""
    return {"Nothing": {"type": "Compose", "inputs": text, "runAfter": {}}}


def mail(logical_name: str) -> str:
    """The document of a flow with an action that needs a connection; it is never run."""
    action = {
        "type": "OpenApiConnection",
        "runAfter": {},
        "inputs": {
            "host": {
                "apiId": f"{CONNECTORS}{OFFICE}",
                "connectionName": OFFICE,
                "operationId": "GetEmailsV3",
            },
            "parameters": {"top": 1},
            "authentication": "@parameters('$authentication')",
        },
    }
    reference = {
        "runtimeSource": "embedded",
        "connection": {"connectionReferenceLogicalName": logical_name},
        "api": {"name": OFFICE},
    }
    return document({"Read": action}, {OFFICE: reference})


def calling(workflow_id: str) -> str:
    """The document of a flow that calls another one."""
    action = {
        "type": "Workflow",
        "runAfter": {},
        "inputs": {"host": {"workflowReferenceName": workflow_id}, "body": {}},
    }
    return document({"Call": action})


def flow_row(name: str, **columns: Any) -> dict[str, Any]:
    """The body that creates a flow that is off and does nothing."""
    return {
        "category": 5,
        "type": 1,
        "primaryentity": "none",
        "name": name,
        "clientdata": document(),
        **columns,
    }


def package(
    unique_name: str,
    publisher: str,
    prefix: str,
    *,
    flow: tuple[str, str] | None = None,
    managed: bool = False,
    requires: str = "",
) -> bytes:
    """
    A solution package.

    Args:
        unique_name: of the solution.
        publisher: unique name of its publisher.
        prefix: the publisher's prefix.
        flow: id and name of a flow in it, which is off.
        managed: whether the package is managed.
        requires: a solution that it needs, `Name (1.0.0.0)`.
    """
    parts, element, root, missing = {}, "", "", ""
    if flow is not None:
        file = f"Workflows/{unique_name}-{flow[0].upper()}.json"
        parts[file] = document().encode()
        element = (
            f'<Workflow WorkflowId="{{{flow[0]}}}" Name={quoteattr(flow[1])}>'
            f"<JsonFileName>/{escape(file)}</JsonFileName><Type>1</Type><Subprocess>0</Subprocess>"
            "<Category>5</Category><Mode>0</Mode><Scope>4</Scope><OnDemand>0</OnDemand>"
            "<TriggerOnCreate>0</TriggerOnCreate><TriggerOnDelete>0</TriggerOnDelete>"
            "<AsyncAutodelete>0</AsyncAutodelete><SyncWorkflowLogOnFailure>0"
            "</SyncWorkflowLogOnFailure><StateCode>0</StateCode><StatusCode>1</StatusCode>"
            "<RunAs>1</RunAs><IsTransacted>1</IsTransacted>"
            "<IntroducedVersion>1.0.0.0</IntroducedVersion><IsCustomizable>1</IsCustomizable>"
            "<BusinessProcessType>0</BusinessProcessType><IsCustomProcessingStepAllowedFor"
            "OtherPublishers>1</IsCustomProcessingStepAllowedForOtherPublishers>"
            "<ModernFlowType>0</ModernFlowType><PrimaryEntity>none</PrimaryEntity>"
            f'<LocalizedNames><LocalizedName languagecode="1033" description={quoteattr(flow[1])}'
            " /></LocalizedNames></Workflow>"
        )
        root = f'<RootComponent type="29" id="{{{flow[0]}}}" behavior="0" />'
    if requires:
        missing = (
            '<MissingDependency><Required type="1" schemaName="papconf_nothing" '
            f'displayName="Nothing" solution={quoteattr(requires)} /><Dependent type="29" '
            f'displayName="Nothing" /></MissingDependency>'
        )
    parts["[Content_Types].xml"] = _TYPES.encode()
    parts["customizations.xml"] = (
        f"<ImportExportXml><Entities /><Roles /><Workflows>{element}</Workflows>"
        "<FieldSecurityProfiles /><Templates /><EntityMaps /><EntityRelationships />"
        "<OrganizationSettings /><optionsets /><Languages><Language>1033</Language></Languages>"
        "</ImportExportXml>"
    ).encode()
    parts["solution.xml"] = (
        '<ImportExportXml version="9.2.0.0" SolutionPackageVersion="9.2" languagecode="1033">'
        f"<SolutionManifest><UniqueName>{unique_name}</UniqueName><LocalizedNames><LocalizedName "
        f'description="{unique_name}" languagecode="1033" /></LocalizedNames><Descriptions />'
        f"<Version>1.0.0.0</Version><Managed>{int(managed)}</Managed><Publisher><UniqueName>"
        f'{publisher}</UniqueName><LocalizedNames><LocalizedName description="{publisher}" '
        'languagecode="1033" /></LocalizedNames><Descriptions /><CustomizationPrefix>'
        f"{prefix}</CustomizationPrefix><CustomizationOptionValuePrefix>47110"
        "</CustomizationOptionValuePrefix><Addresses /></Publisher><RootComponents>"
        f"{root}</RootComponents><MissingDependencies>{missing}</MissingDependencies>"
        "</SolutionManifest></ImportExportXml>"
    ).encode()
    return zipped(parts)


_TYPES = (
    '<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/'
    '2006/content-types"><Default Extension="xml" ContentType="application/octet-stream" />'
    '<Default Extension="json" ContentType="application/octet-stream" /></Types>'
)

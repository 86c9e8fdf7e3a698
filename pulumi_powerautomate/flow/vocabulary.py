"""
The words of the workflow definition language: types, kinds, and the members of each object.

Source: "Schema reference guide for the Workflow Definition Language" and "Schema reference guide
for trigger and action types" (Microsoft Learn), and what real exports hold beside.
"""

from __future__ import annotations

ACTION_TYPES = (
    "ApiConnection", "ApiConnectionWebhook", "ApiManagement", "AppendToArrayVariable",
    "AppendToStringVariable", "AppService", "Batch", "Compose", "DecrementVariable",
    "Expression", "FlatFileDecoding", "FlatFileEncoding", "Foreach", "Function", "Http",
    "HttpWebhook", "If", "IncrementVariable", "InitializeVariable",
    "IntegrationAccountArtifactLookup", "JavaScriptCode", "Join", "Liquid", "OpenApiConnection",
    "OpenApiConnectionNotification", "OpenApiConnectionWebhook", "ParseJson", "Query", "Response",
    "Scope", "Select", "SendToBatch", "SetVariable", "Switch", "Table", "Terminate", "Until",
    "Wait", "Workflow", "XmlValidation", "Xslt",
)  # fmt: skip
TRIGGER_TYPES = (
    "ApiConnection", "ApiConnectionNotification", "ApiConnectionWebhook", "Batch", "Http",
    "HttpWebhook", "OpenApiConnection", "OpenApiConnectionNotification",
    "OpenApiConnectionWebhook", "Recurrence", "Request", "SlidingWindow",
)  # fmt: skip
REQUEST_KINDS = (
    "ApiConnection", "AzureMonitorAlert", "Button", "EventGrid", "Geofence", "Http", "PowerApp",
    "PowerAppV2", "PowerPages", "Skills", "TeamsCompose", "TeamsWebhook", "VirtualAgent",
)  # fmt: skip
PARAMETER_TYPES = (
    "String", "Int", "Float", "Bool", "Array", "Object", "SecureString", "SecureObject",
)  # fmt: skip
OUTCOMES = ("Succeeded", "Failed", "Skipped", "TimedOut")

DEFINITION_MEMBERS = (
    "$schema", "actions", "contentVersion", "description", "metadata", "outputs", "parameters",
    "staticResults", "triggers",
)  # fmt: skip
TRIGGER_MEMBERS = (
    "conditions", "correlation", "description", "evaluatedRecurrence", "inputs", "kind",
    "metadata", "operationOptions", "recurrence", "runtimeConfiguration", "splitOn",
    "splitOnConfiguration", "type",
)  # fmt: skip
ACTION_MEMBERS = (
    "actions", "cases", "default", "description", "else", "expression", "foreach", "inputs",
    "kind", "limit", "metadata", "operationOptions", "runAfter", "runtimeConfiguration",
    "trackedProperties", "type",
)  # fmt: skip
PARAMETER_MEMBERS = ("allowedValues", "defaultValue", "description", "metadata", "type")
BRANCH_MEMBERS = ("actions",)
CASE_MEMBERS = ("actions", "case")


def spelling(text: str, known: tuple[str, ...]) -> str:
    """The documented spelling of a word that is known whatever its case; else the word itself."""
    lowered = text.lower()
    return next((word for word in known if word.lower() == lowered), text)

"""
The functions of expressions, with the least and the most arguments each takes.

Source: "Reference guide to workflow expression functions in Azure Logic Apps and Power Automate"
(Microsoft Learn). Where the guide asks for two values and the service is content with one, as for
`concat`, the table says one; flows exist that call `string()` to fail on purpose, and Microsoft
ships flows that call `encodeURIComponent` with three arguments. Names are
compared without regard to case, as the service does.
"""

from __future__ import annotations

from collections.abc import Mapping

_ANY = None

_STRINGS: Mapping[str, tuple[int, int | None]] = {
    "chunk": (2, 2), "concat": (1, _ANY), "endsWith": (2, 2), "formatNumber": (2, 3),
    "guid": (0, 1), "indexOf": (2, 2), "isFloat": (1, 2), "isInt": (1, 1), "lastIndexOf": (2, 2),
    "length": (1, 1), "nthIndexOf": (3, 3), "replace": (3, 3), "slice": (2, 3), "split": (2, 2),
    "startsWith": (2, 2), "substring": (2, 3), "toLower": (1, 1), "toUpper": (1, 1),
    "trim": (1, 1),
}  # fmt: skip
_COLLECTIONS: Mapping[str, tuple[int, int | None]] = {
    "contains": (2, 2), "empty": (1, 1), "first": (1, 1), "intersection": (1, _ANY),
    "item": (0, 0), "join": (2, 2), "last": (1, 1), "reverse": (1, 1), "skip": (2, 2),
    "sort": (1, 2), "take": (2, 2), "union": (1, _ANY),
}  # fmt: skip
_LOGIC: Mapping[str, tuple[int, int | None]] = {
    "and": (1, _ANY), "coalesce": (1, _ANY), "equals": (2, 2), "greater": (2, 2),
    "greaterOrEquals": (2, 2), "if": (3, 3), "less": (2, 2), "lessOrEquals": (2, 2),
    "not": (1, 1), "or": (1, _ANY),
}  # fmt: skip
_CONVERSIONS: Mapping[str, tuple[int, int | None]] = {
    "array": (1, 1), "base64": (1, 1), "base64ToBinary": (1, 1), "base64ToString": (1, 1),
    "binary": (1, 1), "bool": (1, 1), "createArray": (0, _ANY), "dataUri": (1, 1),
    "dataUriToBinary": (1, 1), "dataUriToString": (1, 1), "decimal": (1, 1),
    "decodeBase64": (1, 1), "decodeDataUri": (1, 1), "decodeUriComponent": (1, 1),
    "encodeUriComponent": (1, _ANY), "float": (1, 2), "int": (1, 1), "json": (1, 1),
    "string": (0, 1), "uriComponent": (1, 1), "uriComponentToBinary": (1, 1),
    "uriComponentToString": (1, 1), "xml": (1, 2),
}  # fmt: skip
_MATHS: Mapping[str, tuple[int, int | None]] = {
    "add": (2, 2), "div": (2, 2), "max": (1, _ANY), "min": (1, _ANY), "mod": (2, 2),
    "mul": (2, 2), "rand": (2, 2), "range": (2, 2), "sub": (2, 2),
}  # fmt: skip
_TIMES: Mapping[str, tuple[int, int | None]] = {
    "addDays": (2, 3), "addHours": (2, 3), "addMinutes": (2, 3), "addSeconds": (2, 3),
    "addToTime": (3, 4), "convertFromUtc": (2, 3), "convertTimeZone": (3, 4),
    "convertToUtc": (2, 3), "dateDifference": (2, 2), "dayOfMonth": (1, 1), "dayOfWeek": (1, 1),
    "dayOfYear": (1, 1), "formatDateTime": (1, 3), "getFutureTime": (2, 3),
    "getPastTime": (2, 3), "parseDateTime": (1, 3), "startOfDay": (1, 2), "startOfHour": (1, 2),
    "startOfMonth": (1, 2), "subtractFromTime": (3, 4), "ticks": (1, 1), "utcNow": (0, 1),
}  # fmt: skip
_REFERENCES: Mapping[str, tuple[int, int | None]] = {
    "action": (0, 0), "actionBody": (1, 1), "actionOutputs": (1, 1), "actions": (1, 2),
    "appsetting": (1, 1), "body": (1, 1), "formDataMultiValues": (2, 2), "formDataValue": (2, 2),
    "items": (1, 1), "iterationIndexes": (1, 1), "listCallbackUrl": (0, 1),
    "multipartBody": (2, 2), "outputs": (1, 1), "parameters": (1, 1), "result": (1, 1),
    "trigger": (0, 1), "triggerBody": (0, 0), "triggerFormDataMultiValues": (1, 1),
    "triggerFormDataValue": (1, 1), "triggerMultipartBody": (1, 1), "triggerOutputs": (0, 0),
    "variables": (1, 1), "workflow": (0, 0),
}  # fmt: skip
_DOCUMENTS: Mapping[str, tuple[int, int | None]] = {
    "addProperty": (3, 3), "removeProperty": (2, 2), "setProperty": (3, 3), "uriHost": (1, 1),
    "uriPath": (1, 1), "uriPathAndQuery": (1, 1), "uriPort": (1, 1), "uriQuery": (1, 1),
    "uriScheme": (1, 1), "xpath": (2, 2),
}  # fmt: skip

FUNCTIONS: Mapping[str, tuple[int, int | None]] = {
    **_STRINGS, **_COLLECTIONS, **_LOGIC, **_CONVERSIONS, **_MATHS, **_TIMES, **_REFERENCES,
    **_DOCUMENTS,
}  # fmt: skip
"""The least and the most arguments by name; None where there may be any number."""

# What people write who come from Excel, Power Fx or a programming language.
INSTEAD: Mapping[str, str] = {
    "addmonths": "addToTime(…, 1, 'Month')",
    "addweeks": "addToTime(…, 1, 'Week')",
    "addyears": "addToTime(…, 1, 'Year')",
    "average": "div(…, length(…))",
    "char": "decodeUriComponent('%0A')",
    "countrows": "length(…)",
    "count": "length(…)",
    "datediff": "dateDifference(…)",
    "filter": "an action of type Query",
    "formatdate": "formatDateTime(…)",
    "iif": "if(…)",
    "isblank": "empty(…)",
    "isempty": "empty(…)",
    "isnull": "equals(…, null)",
    "left": "substring(…, 0, …)",
    "len": "length(…)",
    "lower": "toLower(…)",
    "lowercase": "toLower(…)",
    "map": "an action of type Select",
    "multiply": "mul(…)",
    "newguid": "guid()",
    "notequals": "not(equals(…))",
    "now": "utcNow()",
    "select": "an action of type Select",
    "subtract": "sub(…)",
    "subtractdays": "addDays(…, -1)",
    "text": "formatNumber(…) or formatDateTime(…)",
    "today": "startOfDay(utcNow())",
    "tostring": "string(…)",
    "tonumber": "int(…) or float(…)",
    "touppercase": "toUpper(…)",
    "tolowercase": "toLower(…)",
    "upper": "toUpper(…)",
    "variable": "variables(…)",
    "parameter": "parameters(…)",
    "output": "outputs(…)",
}

_BY_LOWER_CASE = {name.lower(): name for name in FUNCTIONS}


def spelling(name: str) -> str | None:
    """The documented spelling of a function, or None when there is no such function."""
    return _BY_LOWER_CASE.get(name.lower())

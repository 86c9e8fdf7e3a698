"""Types of solution components, by number and in words."""

from __future__ import annotations

from collections.abc import Mapping

# Numbers of solutioncomponent.componenttype, as the reference page of the table lists them.
_KINDS: Mapping[int, str] = {
    1: "table",
    2: "column",
    3: "relationship",
    6: "view column",
    9: "choice",
    10: "table relationship",
    14: "key",
    16: "privilege",
    18: "index",
    20: "security role",
    21: "role privilege",
    22: "display string",
    24: "form of an earlier version",
    25: "organization",
    26: "view",
    29: "workflow",
    31: "report",
    35: "attachment",
    36: "email template",
    44: "duplicate detection rule",
    46: "table map",
    47: "column map",
    48: "ribbon command",
    50: "ribbon customization",
    59: "chart",
    60: "form",
    61: "web resource",
    62: "site map",
    63: "connection role",
    64: "complex control",
    65: "hierarchy rule",
    66: "custom control",
    68: "default of a custom control",
    70: "column security profile",
    71: "column permission",
    80: "model-driven app",
    90: "plug-in type",
    91: "plug-in assembly",
    92: "plug-in step",
    93: "plug-in step image",
    95: "service endpoint",
    150: "routing rule",
    152: "SLA",
    154: "record creation rule",
    161: "mobile offline profile",
    165: "similarity rule",
    166: "data source mapping",
    201: "message",
    202: "message filter",
    208: "import map",
    300: "canvas app",
    371: "connector",
    372: "connector",
    380: "environment variable",
    381: "environment variable value",
    400: "AI project type",
    401: "AI project",
    402: "AI configuration",
}
# Types that packages name by their tables, because their numbers differ by organization.
_TABLES: Mapping[str, str] = {
    "connectionreference": "connection reference",
    "environmentvariabledefinition": "environment variable",
    "environmentvariablevalue": "environment variable value",
}


def kind_of(component_type: int | str) -> str:
    """
    A type of component in words.

    Args:
        component_type: its number, or the table that a package names; what has no words here is
            `component` for a number, and itself for a name.
    """
    text = str(component_type)
    if text.isdigit():
        return _KINDS.get(int(text), "component")
    return _TABLES.get(text.lower(), text) or "component"


def component_types() -> Mapping[str, int]:
    """Numbers of the types that one number stands for, by their words."""
    words = list(_KINDS.values())
    return {word: number for number, word in _KINDS.items() if words.count(word) == 1}

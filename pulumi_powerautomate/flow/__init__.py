"""
A flow's definition, on its own: its shapes, when two are the same, and what is wrong with one.

Nothing here reads a file, sends a request or knows Pulumi.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .canonical import canonical, digest
from .connections import (
    API_PREFIX,
    children_of,
    connectors_of,
    normalize_references,
    references_equal,
    references_from_wire,
    references_to_wire,
)
from .document import FlowDocument, dump, parse_document, parse_json
from .locations import Lines
from .nodes import Branch, Node, outline, triggers_of, walk
from .problems import DefinitionError, Problem

__all__ = [
    "API_PREFIX",
    "Branch",
    "DefinitionError",
    "FlowDocument",
    "Lines",
    "Node",
    "Problem",
    "canonical",
    "children_of",
    "connectors_of",
    "digest",
    "dump",
    "normalize_references",
    "outline",
    "parse_document",
    "parse_json",
    "references_equal",
    "references_from_wire",
    "references_to_wire",
    "triggers_of",
    "validate",
    "walk",
]


def validate(definition: Mapping[str, Any], references: Mapping[str, Any]) -> list[Problem]:
    """
    Every problem of a definition; `validation.validate`, loaded when a flow is validated.

    Programs that only look flows up are not to wait for the rules.
    """
    from .validation import validate as apply_rules

    return apply_rules(definition, references)

"""
A flow's definition, on its own: its shapes, when two are the same, and what is wrong with one.

Nothing here reads a file, sends a request or knows Pulumi.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

# These two are called as their modules are, which would hide them.
from .activation_order import ActivationOrder, activation_order, in_words
from .canonical import canonical, digest, halves_of, same_flow

if TYPE_CHECKING:
    from .action_tree import Branch, Node, outline, triggers_of, walk
    from .connection_references import (
        API_PREFIX,
        children_of,
        connectors_of,
        is_invoker,
        meaning_of,
        normalize_references,
        references_equal,
        references_from_wire,
        references_to_wire,
    )
    from .difference import Change, FlowVersion, compare
    from .document import FlowDocument, dump, parse_document, parse_json
    from .locations import Lines
    from .problems import DefinitionError, Problem
    from .text import utf16_length
else:
    from ..late_names import late_names

    # Whoever validates compares nothing, and whoever packs a folder does neither.
    __getattr__ = late_names(
        __name__,
        {
            "action_tree": ("Branch", "Node", "outline", "triggers_of", "walk"),
            "connection_references": (
                "API_PREFIX",
                "children_of",
                "connectors_of",
                "is_invoker",
                "meaning_of",
                "normalize_references",
                "references_equal",
                "references_from_wire",
                "references_to_wire",
            ),
            "document": ("FlowDocument", "dump", "parse_document", "parse_json"),
            "locations": ("Lines",),
            "problems": ("DefinitionError", "Problem"),
            "text": ("utf16_length",),
            "difference": ("Change", "FlowVersion", "compare"),
        },
    )

__all__ = [
    "API_PREFIX",
    "ActivationOrder",
    "Branch",
    "Change",
    "DefinitionError",
    "FlowDocument",
    "FlowVersion",
    "Lines",
    "Node",
    "Problem",
    "activation_order",
    "canonical",
    "children_of",
    "compare",
    "connectors_of",
    "digest",
    "dump",
    "halves_of",
    "in_words",
    "is_invoker",
    "meaning_of",
    "normalize_references",
    "outline",
    "parse_document",
    "parse_json",
    "references_equal",
    "references_from_wire",
    "references_to_wire",
    "same_flow",
    "triggers_of",
    "utf16_length",
    "validate",
    "walk",
]


def validate(
    definition: Mapping[str, Any],
    references: Mapping[str, Any],
    ignore: Collection[str] = (),
) -> list[Problem]:
    """
    Every problem of a definition; `validation.validate`, loaded when a flow is validated.

    Programs that only look flows up are not to wait for the rules.
    """
    from .validation import validate as apply_rules

    return apply_rules(definition, references, ignore)

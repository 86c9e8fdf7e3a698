"""The condition of an `If`, `Until` or filter in words: `status equals 'open' and not (…)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .wording import quoted, shown

_WORDS = {
    "equals": "equals",
    "greater": "is greater than",
    "greaterOrEquals": "is at least",
    "less": "is less than",
    "lessOrEquals": "is at most",
    "contains": "contains",
    "startsWith": "starts with",
    "endsWith": "ends with",
}
_DEEPEST = 12
_LONGEST_PART = 2000


def condition_in_words(expression: Any, depth: int = 0) -> str:
    """
    A condition, as the designer's groups and rows or as one expression.

    Args:
        expression: the member `expression` of an action: a string, or an object of `and`, `or`,
            `not` and comparisons with two operands.
    """
    if not isinstance(expression, Mapping) or len(expression) != 1 or depth > _DEEPEST:
        return shown(expression, _LONGEST_PART)
    ((operator, operands),) = expression.items()
    if operator in ("and", "or") and isinstance(operands, (list, tuple)):
        parts = [condition_in_words(operand, depth + 1) for operand in operands]
        said = f" {operator} ".join(parts) or "always"
        return f"({said})" if depth and len(parts) > 1 else said
    if operator == "not":
        return f"not ({condition_in_words(operands, depth + 1)})"
    if operator in _WORDS and isinstance(operands, (list, tuple)) and len(operands) == 2:
        one, other = (quoted(operand, _LONGEST_PART) for operand in operands)
        return f"{one} {_WORDS[operator]} {other}"
    return shown(expression, _LONGEST_PART)

"""Operands of filter expressions: literals, and types that are brought together."""

from __future__ import annotations

from typing import Any

from ..responses import ServiceError, bad_syntax
from .conditions import NUMBERS, takes_a_list
from .filter import Node
from .literals import instant, is_guid
from .properties import Value

_CRM = "Microsoft.Dynamics.CRM."
_KINDS = {
    "eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual",
    "lt": "LessThan", "le": "LessThanOrEqual", "and": "And", "or": "Or",
}  # fmt: skip
# The longest number that a type of the language holds, a decimal with its fraction, is shorter.
_MOST_DIGITS = 100


def literal(node: Node) -> Value:
    """The value of a literal that is no text."""
    kind, value = node.kind, node.value
    if kind == "null":
        return Value(None, lambda: None)
    if kind == "bool":
        return Value("Edm.Boolean", lambda: value, value)
    if kind == "guid":
        return Value("Edm.Guid", lambda: value, value)
    if kind == "date":
        moment = instant(value)
        if moment is None:
            raise bad_syntax(f"Unrecognized 'Edm.DateTimeOffset' literal '{value}'.")
        return Value("Edm.DateTimeOffset", lambda: moment, value)
    if kind == "number":
        text = value.rstrip("dDfFmMlL")
        if len(text) > _MOST_DIGITS:
            raise bad_syntax(f"Unrecognized number literal '{value[:_MOST_DIGITS]}'.")
        whole = text.lstrip("-").isdigit()
        number = int(text) if whole else float(text)
        edm = "Edm.Double"
        if whole:
            edm = "Edm.Int32" if -(2**31) <= number < 2**31 else "Edm.Int64"
        return Value(edm, lambda: number, value)
    raise bad_syntax(f"A list cannot stand here: '{value}'.")


def promoted(left: Value, right: Value, operator: str) -> tuple[Value, Value]:
    """Both sides of a comparison in one type, or the documented rejection."""
    if left.edm is None or right.edm is None or left.edm == right.edm:
        if left.edm is not None and left.edm.startswith(_CRM) and right.edm is not None:
            raise incompatible(left, right, operator)
        return left, right
    if left.edm in NUMBERS and right.edm in NUMBERS:
        return left, right
    for one, other, back in ((left, right, False), (right, left, True)):
        # An id may stand in quotes.
        if one.edm == "Edm.Guid" and other.edm == "Edm.String" and is_guid(other.literal):
            known = str(other.literal).lower()
            quoted = Value("Edm.Guid", lambda known=known: known, known)  # type: ignore[misc]
            return (quoted, one) if back else (one, quoted)
    raise incompatible(left, right, operator)


def incompatible(left: Value, right: Value, operator: str) -> ServiceError:
    """400 for operands whose types do not go together."""
    kind = _KINDS.get(operator, operator)
    return bad_syntax(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{left.edm or '<null>'}' and '{right.edm or '<null>'}' for operator kind '{kind}'."
    )


def arguments(given: dict[str, Node], name: str, operator: str) -> list[Any]:
    """The values that a query function is given."""
    node = given.get("PropertyValues") or given.get("PropertyValue")
    extra = set(given) - {"PropertyName", "PropertyValue", "PropertyValues"}
    if extra:
        raise bad_syntax(f"'{sorted(extra)[0]}' is no parameter of '{_CRM}{name}'.")
    if node is None:
        return []
    if node.kind != "array":
        if takes_a_list(operator):
            raise bad_syntax(f"The parameter 'PropertyValues' of '{_CRM}{name}' is a list.")
        return [node.value]
    for item in node.value:
        if item.kind not in ("string", "quoted"):
            raise bad_syntax(
                f"Cannot convert the literal '{item.value}' to the expected type 'Edm.String'."
            )
    return [item.value for item in node.value]

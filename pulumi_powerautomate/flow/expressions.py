"""
The expressions of the workflow definition language: `@…`, `@{…}` in text, and `@@` for a plain `@`.

Parsing costs, and a flow says much the same thing many times. So what is parsed is the *shape* of
an expression, in which every text literal is empty, and a shape is parsed once: `outputs('A')` and
`outputs('B')` share theirs. The grammar is loaded when the first expression is met.

Source: "Schema reference guide for the Workflow Definition Language in Azure Logic Apps", and the
reference guide of the expression functions (Microsoft Learn).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_GRAMMAR = r"""
?start: value
?value: text | number | constant | call
      | value access                          -> accessed
access: "?"? "." NAME                         -> member
      | "?"? "[" value "]"                    -> index
call: NAME "(" (value ("," value)*)? ")"
text: TEXT
number: NUMBER
constant: CONSTANT
TEXT: /'(?:[^']|'')*'/
NUMBER.2: /[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?(?![^\s.,(){}@\[\]?'"])/
CONSTANT.2: /(true|false|null)(?![^\s.,(){}@\[\]?'"])(?!\s*\()/i
NAME: /[^\s.,(){}@\[\]?'"]+/
SPACE: /\s+/
%ignore SPACE
"""

_TEXT = re.compile(r"('(?:[^']|'')*')")
# From behind `@{` up to its `}`, which text literals do not end.
_INTERPOLATION = re.compile(r"[^'}]*(?:'[^']*'[^'}]*)*\}")


class ExpressionError(Exception):
    """
    A text is not the expression that it looks like.

    Attributes:
        position: the character of the text, counted from 1.
        reason: what is wrong there. It quotes punctuation only: what merely looks like an
            expression may be a password.
        remedy: what to do.
    """

    def __init__(self, position: int, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True)
class Text:
    """A text literal of a shape; `number` is its place among the expression's literals."""

    number: int


@dataclass(frozen=True)
class Constant:
    """A number, `true`, `false` or `null`, as it is written."""

    value: str


@dataclass(frozen=True)
class Accessed:
    """Something looked up in a value: `value.key`, `value['key']`, `value?['key']`."""

    value: Value
    key: Value


@dataclass(frozen=True)
class Call:
    """A function call."""

    name: str
    arguments: tuple[Value, ...]


Value = Text | Constant | Accessed | Call


@dataclass(frozen=True, eq=False)
class Shape:
    """
    An expression without its texts; there is one object for each.

    Attributes:
        root: what it evaluates.
        calls: every call in it, inner ones first.
    """

    root: Value
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Expression:
    """
    One expression of a text.

    Attributes:
        shape: its structure.
        literals: its text literals in order, as they are written.
        start: where it begins in the text, counted from 0.
        length: how many characters it has.
    """

    shape: Shape
    literals: tuple[str, ...]
    start: int
    length: int

    def text(self, value: Value) -> str | None:
        """The text of a text literal; None for anything that is no text literal."""
        if not isinstance(value, Text):
            return None
        return self.literals[value.number][1:-1].replace("''", "'")


def holds_expression(text: str) -> bool:
    """Whether the service evaluates a text, quickly."""
    if text.startswith("@"):
        return len(text) > 1 and text[1] != "@"
    return "@{" in text


@functools.lru_cache(maxsize=4096)
def expressions_in(text: str) -> tuple[Expression, ...]:
    """
    The expressions of a text, parsed.

    Raises:
        ExpressionError: one of them is not well formed.
    """
    if not holds_expression(text):
        return ()
    if text.startswith("@") and not text.startswith("@{"):
        return (_expression(text[1:], 1),)
    return tuple(_expression(text[start:end], start) for start, end in _interpolations(text))


def _interpolations(text: str) -> Iterator[tuple[int, int]]:
    """Where the expressions in `@{…}` begin and end; `@@{` is a plain `@{`."""
    found = text.find("@{")
    while found >= 0:
        if found and text[found - 1] == "@":
            found = text.find("@{", found + 1)
            continue
        end = _INTERPOLATION.match(text, found + 2)
        if end is None:
            raise ExpressionError(
                found + 1,
                "what begins with @{ has no end",
                "Close it with } and every text in it with '; a plain @{ is written @@{.",
            )
        yield found + 2, end.end() - 1
        found = text.find("@{", end.end())


def _expression(text: str, start: int) -> Expression:
    parts = _TEXT.split(text)
    shape = _shape("''".join(parts[::2]))
    if shape is None:
        raise _explained(text, start)
    return Expression(shape, tuple(parts[1::2]), start, len(text))


@functools.lru_cache(maxsize=8192)
def _shape(text: str) -> Shape | None:
    """The structure of an expression whose text literals are empty; None when it has none."""
    from lark.exceptions import UnexpectedInput

    calls: list[Call] = []
    try:
        root = _value(_parser().parse(text), iter(range(len(text))), calls)
    except (UnexpectedInput, RecursionError):
        return None
    return Shape(root, tuple(calls))


@functools.lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


def _value(tree: Any, numbers: Iterator[int], calls: list[Call]) -> Value:
    """The value a tree stands for; text literals are numbered as they come."""
    children = tree.children
    if tree.data == "text":
        return Text(next(numbers))
    if tree.data == "call":
        arguments = tuple(_value(child, numbers, calls) for child in children[1:])
        calls.append(Call(str(children[0]), arguments))
        return calls[-1]
    if tree.data == "accessed":
        value = _value(children[0], numbers, calls)
        access = children[1]
        if access.data == "member":
            return Accessed(value, Constant(str(access.children[0])))
        return Accessed(value, _value(access.children[0], numbers, calls))
    return Constant(str(children[0]))


def _explained(text: str, start: int) -> ExpressionError:
    """Why a text is no expression, with the place in it."""
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if not text.strip():
        return ExpressionError(start + 1, "it is empty", "Write one, or @@ for a plain @.")
    try:
        _parser().parse(text)
    except UnexpectedCharacters as error:
        where = error.pos_in_stream or 0
        return ExpressionError(start + where + 1, *_about_character(text[where]))
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        where = len(text) if at_end else error.token.start_pos or 0
        return ExpressionError(start + where + 1, *_about_token(error, text))
    return ExpressionError(
        start + 1, "it is nested too deeply", "Compute parts of it in actions of type Compose."
    )


def _about_character(character: str) -> tuple[str, str]:
    if character == "'":
        return "a text begins here and has no end", "Close it with '; a ' within it is written ''."
    if character == '"':
        return "a double quote", "Write texts in single quotes."
    if character in "{}@":
        return (
            f"{character!r} inside an expression",
            "Only the outermost expression begins with @ or @{…}; remove it, or quote the text.",
        )
    return f"unexpected {character!r}", "Remove it, or write it as text in single quotes."


def _about_token(error: Any, text: str) -> tuple[str, str]:
    kind, expected = error.token.type, error.accepts or error.expected
    if expected == {"LPAR"}:
        return (
            "a name that is no function call",
            "Call it with (), quote it if it is text, or begin a plain text with @@.",
        )
    if kind == "$END":
        bare = _TEXT.sub("", text)
        missing = bare.count("(") - bare.count(")")
        if missing > 0:
            return "it ends too early", f"Add {missing} closing ')'."
        return "it ends too early", "Complete it, or remove what is left over."
    if kind == "RPAR" and text.count("(") < text.count(")"):
        return "a ')' too many", "Remove it, or add the '(' that it belongs to."
    if kind in ("NAME", "TEXT", "NUMBER", "CONSTANT"):
        return (
            "a value where the expression should end or go on",
            "Put a comma between arguments; functions such as add(…) and equals(…) stand for "
            "operators.",
        )
    return f"unexpected {str(error.token)!r}", "Remove it, or complete what stands before it."

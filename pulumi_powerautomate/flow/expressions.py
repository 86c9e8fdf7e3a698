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
# The same tokens where a value begins, and where a member's name does.
_TOKEN = re.compile(
    r"""(?x)\s*(?:
    (?P<constant>(?i:(?:true|false|null)(?![^\s.,(){}@\[\]?'"])(?!\s*\())
    |[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?(?![^\s.,(){}@\[\]?'"]))
    |(?P<text>'(?:[^']|'')*')
    |(?P<name>[^\s.,(){}@\[\]?'"]+))"""
)
_NAME = re.compile(r"""\s*([^\s.,(){}@\[\]?'"]+)""")
_SPACE = re.compile(r"\s+")
_ACCESS = ("?", ".", "[")
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
    try:
        return _Reader(text).shape()
    except RecursionError:
        return None


class _Reader:
    """
    Reads a shape that is well formed.

    It accepts what `_GRAMMAR` does, with its tokens. Loading a parser generator takes longer than
    everything else that is done to a flow; the grammar is for expressions that are refused here,
    and explains why.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._literals = 0
        self._calls: list[Call] = []

    def shape(self) -> Shape | None:
        root = self._value()
        if root is None or self._next() != "":
            return None
        return Shape(root, tuple(self._calls))

    def _value(self) -> Value | None:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            return None
        self._at = found.end()
        value: Value | None
        if found["constant"] is not None:
            value = Constant(found["constant"])
        elif found["name"] is not None:
            value = self._call(found["name"])
        else:
            self._literals += 1
            value = Text(self._literals - 1)
        while value is not None and self._next() in _ACCESS:
            value = self._accessed(value)
        return value

    def _accessed(self, value: Value) -> Value | None:
        self._takes("?")
        if self._takes("."):
            name = _NAME.match(self._text, self._at)
            if name is None:
                return None
            self._at = name.end()
            return Accessed(value, Constant(name[1]))
        key = self._value() if self._takes("[") else None
        return Accessed(value, key) if key is not None and self._takes("]") else None

    def _call(self, name: str) -> Call | None:
        if not self._takes("("):
            return None
        arguments: list[Value] = []
        while not self._takes(")"):
            if arguments and not self._takes(","):
                return None
            argument = self._value()
            if argument is None:
                return None
            arguments.append(argument)
        call = Call(name, tuple(arguments))
        self._calls.append(call)
        return call

    def _next(self) -> str:
        """The next character that is no space, which it steps over; empty at the end."""
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _takes(self, character: str) -> bool:
        if self._next() != character:
            return False
        self._at += 1
        return True


@functools.lru_cache(maxsize=1)
def _parser() -> Any:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


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

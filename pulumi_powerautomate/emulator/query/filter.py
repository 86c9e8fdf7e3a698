"""
The grammar of filter expressions, and the tree that it is parsed into.

Source: "Filter rows using OData" and OData 4.0, part 2 (URL conventions).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..responses import bad_syntax

if TYPE_CHECKING:
    from lark import Lark

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction | disjunction "or" conjunction -> either
?conjunction: equality | conjunction "and" equality -> both
?equality: relation | equality EQUALITY relation -> comparison
?relation: sum | relation RELATION sum -> comparison | sum "in" list -> membership
?sum: product | sum ADDITIVE product -> arithmetic
?product: unary | product MULTIPLICATIVE unary -> arithmetic
?unary: "not" unary -> negation | primary
?primary: literal | "(" disjunction ")" -> group
        | path
        | path "(" ")" -> call
        | path "(" argument ("," argument)* ")" -> call
        | path "(" NAME ":" disjunction ")" -> quantifier
argument: NAME "=" value -> named | disjunction
?value: literal | array | path
array: "[" [literal ("," literal)*] "]"
list: "(" literal ("," literal)* ")"
path: NAME ("/" NAME)*
literal: STRING -> text | NAME STRING -> member | QUOTED -> quoted | GUID -> guid
       | DATE -> date | NUMBER -> number
       | "null" -> null | "true" -> true | "false" -> false

EQUALITY: /(eq|ne)(?![\w(])/
RELATION: /(gt|ge|lt|le|has)(?![\w(])/
ADDITIVE: /(add|sub)(?![\w(])/
MULTIPLICATIVE: /(mul|div|mod)(?![\w(])/
STRING: /'(?:[^']|'')*'/
QUOTED: /"(?:[^"\\]|\\.)*"/
GUID.5: /[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}/
DATE.4: /\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[+-]\d\d:\d\d))?/i
NUMBER.3: /-?\d+(\.\d+)?([eE][+-]?\d+)?[dDfFmMlL]?(?![\w-])/
NAME: /[@$]?[A-Za-z_]\w*(\.[A-Za-z_]\w*)*/
%ignore /[ \t\r\n]+/
"""

# Deeper trees are rejected: the evaluation of an expression is recursive.
_DEEPEST = 100


@dataclass(frozen=True)
class Node:
    """One node; `depth` is how many levels lie below it."""

    kind: str
    name: str = ""
    children: tuple[Any, ...] = ()
    value: Any = None
    depth: int = 0


def parse_expression(text: str) -> Node:
    """The tree of an expression, or the rejection of a text that is none."""
    return _parsed(text, "start")


def parse_value(text: str) -> Node:
    """The value of a parameter: a literal, a list of them or a name."""
    return _parsed(text, "value")


@lru_cache(maxsize=1024)
def _parsed(text: str, start: str) -> Node:
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text, start=start)  # type: ignore[return-value]
    except UnexpectedInput as error:
        position = error.pos_in_stream if error.pos_in_stream is not None else len(text)
        if position < 0 or position > len(text):
            position = len(text)
        raise bad_syntax(f"Syntax error at position {position} in '{text}'.") from None


@lru_cache(maxsize=1)
def _parser() -> Lark:
    # Imported here: it takes a while, and many runs never filter.
    from lark import Lark, Transformer

    return Lark(_GRAMMAR, parser="lalr", start=["start", "value"], transformer=_tree(Transformer))


def _node(kind: str, children: Any = (), name: str = "", value: Any = None) -> Node:
    depth = 1 + max((child.depth for child in children if isinstance(child, Node)), default=0)
    if depth > _DEEPEST:
        raise bad_syntax("Recursion depth exceeded allowed limit.")
    return Node(kind, name, tuple(children), value, depth)


def _tree(base: Any) -> Any:
    """The transformer, which the parser applies while it parses."""

    def chain(kind: str) -> Any:
        def build(_self: Any, children: list[Node]) -> Node:
            first, last = children
            # Chains of hundreds of comparisons are common, and are no deep tree.
            before = first.children if first.kind == kind else (first,)
            return _node(kind, (*before, last))

        return build

    def literal(kind: str, convert: Any) -> Any:
        return lambda _self, children: Node(kind, value=convert(children))

    methods = {
        "either": chain("or"),
        "both": chain("and"),
        "comparison": lambda _self, c: _node("compare", (c[0], c[2]), str(c[1])),
        "arithmetic": lambda _self, c: _node("arithmetic", (c[0], c[2]), str(c[1])),
        "membership": lambda _self, c: _node("in", (c[0],), value=c[1]),
        "negation": lambda _self, c: _node("not", c),
        "group": lambda _self, c: _node("group", c),
        "path": lambda _self, c: Node("path", value=tuple(str(item) for item in c)),
        "call": lambda _self, c: _node("call", c[1:], value=c[0].value),
        "named": lambda _self, c: _node("named", (c[1],), str(c[0])),
        "argument": lambda _self, c: c[0],
        "quantifier": lambda _self, c: _node("quantifier", (c[2],), str(c[1]), c[0].value),
        "array": lambda _self, c: Node("array", value=[item for item in c if item is not None]),
        "list": lambda _self, c: list(c),
        "text": literal("string", lambda c: c[0][1:-1].replace("''", "'")),
        "member": literal("string", lambda c: c[1][1:-1]),
        "quoted": literal("string", lambda c: _unescaped(c[0])),
        "guid": literal("guid", lambda c: str(c[0]).lower()),
        "date": literal("date", lambda c: str(c[0])),
        "number": literal("number", lambda c: str(c[0])),
        "null": literal("null", lambda c: None),
        "true": literal("bool", lambda c: True),
        "false": literal("bool", lambda c: False),
    }
    return type("_Tree", (base,), methods)()


def _unescaped(text: str) -> str:
    import json

    try:
        return str(json.loads(text))
    except ValueError:
        return text[1:-1]

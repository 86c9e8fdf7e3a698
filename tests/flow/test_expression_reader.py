"""The reader of expressions against the grammar, as lark parses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark
from lark.exceptions import UnexpectedInput

from pulumi_powerautomate.flow import expressions
from pulumi_powerautomate.flow.expressions import Accessed, Call, Constant, Shape, Text, Value

_LARK = Lark(expressions._GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)
_TOKENS = (
    *("add", "a-b", "$x", "true", "FALSE", "null", "trueish", "1", "-2.5e3", "1.", "1.2.3", "+7a"),
    *("''", "'", "(", ")", "[", "]", "?", ".", ",", " ", "\n", "{", "}", "@", '"', "true ("),
)
_FLOWS = Path(__file__).resolve().parents[2] / "examples" / "cloud-flow" / "flows"


def _by_grammar(text: str) -> Shape | None:
    """The shape of a text, out of lark's tree."""
    calls: list[Call] = []
    try:
        return Shape(_value(_LARK.parse(text), iter(range(len(text))), calls), tuple(calls))
    except UnexpectedInput:
        return None


def _value(tree: Any, numbers: Iterator[int], calls: list[Call]) -> Value:
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


def _agree(text: str) -> None:
    shape = "''".join(re.split(r"'(?:[^']|'')*'", text))
    found, expected = expressions._Reader(shape).shape(), _by_grammar(shape)
    assert (found is None) == (expected is None), shape
    if found is not None and expected is not None:
        assert (found.root, found.calls) == (expected.root, expected.calls), shape


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(_TOKENS), max_size=14).map("".join))
def test_tokens_in_any_order(text: str) -> None:
    """A text that lark refuses is refused, and one that it accepts has the same structure."""
    _agree(text)


@settings(max_examples=300, deadline=None)
@given(st.text("aé1.,()[]?' \t@\"-+eE", max_size=12))
def test_letters_in_any_order(text: str) -> None:
    """Numbers, names and spaces end where lark's do."""
    _agree(text)


@pytest.mark.parametrize("path", sorted(_FLOWS.glob("*.json")), ids=lambda path: path.name)
def test_expressions_of_flows(path: Path) -> None:
    """Expressions that somebody wrote, whole and cut at every place."""
    found = set(re.findall(r'"@\{?([^"]{3,120})"', path.read_text("utf-8")))
    for text in found:
        for end in range(1, len(text) + 1):
            _agree(text[:end])

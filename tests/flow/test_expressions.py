"""The grammar of expressions: what is one, what it means, and where it is wrong."""

from __future__ import annotations

import pytest

from pulumi_powerautomate.flow.expressions import (
    Accessed,
    Call,
    Constant,
    ExpressionError,
    Text,
    expressions_in,
)


@pytest.mark.parametrize(
    "text",
    ["", "@", "plain", "mail@contoso.com", "@@odata.type", "@@{not(one)}", "a @@{not(one)} b"],
)
def test_plain_texts(text: str) -> None:
    """Neither an `@` within a text nor a doubled one begins an expression."""
    assert expressions_in(text) == ()


def test_calls_texts_and_what_is_looked_up() -> None:
    """The structure of an expression, and its text literals apart from it."""
    (found,) = expressions_in("@body('List')?['it''s'][0].name")
    assert found.literals == ("'List'", "'it''s'")
    assert found.text(Text(1)) == "it's"
    call = Call("body", (Text(0),))
    assert found.shape.calls == (call,)
    inner = Accessed(Accessed(call, Text(1)), Constant("0"))
    assert found.shape.root == Accessed(inner, Constant("name"))


def test_inner_calls_come_first() -> None:
    """Calls are told in the order they are evaluated in."""
    (found,) = expressions_in("@if(equals(1, -2.5e3), null, concat('a', item()?.b))")
    assert [call.name for call in found.shape.calls] == ["equals", "item", "concat", "if"]


def test_expressions_within_a_text() -> None:
    """Every `@{…}` counts; a `}` in a text literal does not end one."""
    found = expressions_in("A @{first('}')} B @@{no} C @{second()}")
    assert [item.shape.calls[0].name for item in found] == ["first", "second"]
    assert [item.start for item in found] == [4, 29]


def test_equal_shapes_are_parsed_once() -> None:
    """Expressions that differ in their texts alone share one structure."""
    (one,), (other,) = expressions_in("@outputs('A')"), expressions_in("@outputs('B')")
    assert one.shape is other.shape
    assert (one.literals, other.literals) == (("'A'",), ("'B'",))


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("@concat('a', 'b'", 17, "ends too early"),
        ("@concat('a'))", 13, "too many"),
        ("@concat('a)", 9, "has no end"),
        ("x @{concat('a')", 3, "has no end"),
        ('@concat("a")', 9, "double quote"),
        ("@concat('a' 'b')", 13, "should end or go on"),
        ("@P4ssword!", 11, "no function call"),
        ("@{@body('x')}", 3, "inside an expression"),
        ("@body('x')?", 12, "ends too early"),
        ("@concat(,)", 9, "unexpected"),
        ("@ ", 2, "empty"),
        ("@1 + 2", 4, "should end or go on"),
    ],
)
def test_where_it_is_wrong(text: str, position: int, reason: str) -> None:
    """The character that a person has to look at, what is wrong there, and what to do."""
    with pytest.raises(ExpressionError) as refused:
        expressions_in(text)
    assert (refused.value.position, reason in refused.value.reason) == (position, True)
    assert refused.value.remedy.endswith(".")


def test_what_looks_like_an_expression_is_not_repeated() -> None:
    """A password that begins with an `@` must not show in a message."""
    for text in ("@P4ssw0rd!", "@P4ss(w0rd", "@{P4ss w0rd}", "@P4ss'w0rd"):
        with pytest.raises(ExpressionError) as refused:
            expressions_in(text)
        shown = refused.value.reason + refused.value.remedy
        assert "P4ss" not in shown
        assert "w0rd" not in shown


def test_nesting_without_end() -> None:
    """An expression that no interpreter could follow is refused, not a crash."""
    with pytest.raises(ExpressionError) as refused:
        expressions_in("@" + "not(" * 4000 + "true" + ")" * 4000)
    assert "nested too deeply" in refused.value.reason

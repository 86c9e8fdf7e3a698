"""Names from display names: safe as files and resources, unique, and readable."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_powerautomate.adoption.naming import Names, module_name, slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Daily digest", "daily-digest"),
        ("Über die Größe: Ærø / Łódź", "uber-die-grosse-aero-lodz"),
        ("When a file is created -> notify (v2)", "when-a-file-is-created-notify-v2"),
        ("日次レポート", ""),
        ("日次レポート A", ""),
        ("📧 mail", "mail"),
        ("x" * 100, "x" * 60),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_slug(text: str, expected: str) -> None:
    """The rest of a name."""
    assert slug(text) == expected


def test_unique() -> None:
    """Flows of one name are told apart by their ids; special names are avoided."""
    names = Names({"taken"})
    assert names.take("Ping", "11111111-1", "flow") == "ping"
    assert names.take("PING!", "22222222-2", "flow") == "ping-22222222"
    assert names.take("ping", "22222222-3", "flow") == "ping-22222222-3"
    assert names.take("Taken", "33333333-1", "flow") == "taken-33333333"
    assert names.take("import", "44444444-1", "flow") == "flow-import"
    assert names.take("NUL", "44444444-2", "flow") == "flow-nul"
    assert names.take("3 ways", "44444444-3", "flow") == "flow-3-ways"
    assert names.take("日次", "44444444-4", "flow") == "flow-44444444"


@given(st.lists(st.text(max_size=120), max_size=20))
def test_any_names(texts: list[str]) -> None:
    """Whatever people call flows, files and modules can carry it."""
    names = Names()
    found = [names.take(text, f"{n:08x}-0", "flow") for n, text in enumerate(texts)]
    assert len(set(found)) == len(texts)
    for name in found:
        module = module_name(name)
        assert re.fullmatch(r"[a-z][a-z0-9-]{0,90}", name)
        assert module.isidentifier()
        assert not keyword.iskeyword(module)

"""Docstrings are noun phrases or imperatives, everywhere."""

from __future__ import annotations

import ast
import subprocess

from tests.harness.tools import ROOT

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def test_none_begins_with_what() -> None:
    """A thing is named; "What the client sends" would be its description."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    files = [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    files = files or list((ROOT / "pulumi_powerautomate").rglob("*.py"))
    found = [
        f"{path.relative_to(ROOT)}: {text.splitlines()[0]}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, _DOCUMENTED) and (text := ast.get_docstring(node))
        if text.startswith("What ")
    ]
    assert found == []
    assert len(files) > 400

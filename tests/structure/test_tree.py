"""The tests' tree is the package's, and scripts and tests know nothing of each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.harness.tools import ROOT

_PACKAGE = ROOT / "pulumi_powerautomate"
_TESTS = ROOT / "tests"
# Folders that are named for no folder or module of the package.
_OTHERS = {
    "benchmarks": "what `make bench` measures",
    "bindings": "connection references, variables and components, a module each",
    "cases": "inputs that people have met, as files",
    "clients": "clients that others wrote, on the emulator",
    "documentation": "the pages: their code, links and examples",
    "engine": "whole commands on the real engine",
    "harness": "what tests share",
    "packaging": "wheel, sdist and dependency ranges",
    "reliability": "faults, histories, the kill matrix and the fuzzers",
    "scripts": "the scripts themselves",
    "structure": "how the code is laid out",
    "upgrade": "states of released versions",
}


def _imports(folder: str) -> Iterator[tuple[Path, str]]:
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, item.name) for item in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield path, node.module


def test_folders_repeat_those_of_the_package() -> None:
    """A folder of tests is named for a folder or module of the package, or its reason is above."""
    known = {path.stem for path in _PACKAGE.iterdir()} | _OTHERS.keys()
    found = {path.name for path in _TESTS.iterdir() if path.is_dir() and path.name[0] not in "_."}
    assert found - known == set()
    assert _OTHERS.keys() - found == set()


def test_every_folder_of_the_package_has_tests() -> None:
    """Of the same name."""
    folders = {path.name for path in _PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert {name for name in folders if not list((_TESTS / name).rglob("test_*.py"))} == set()


def test_files_at_the_top_are_named_for_modules_at_the_top() -> None:
    """Everything else is in a folder."""
    modules = {path.stem for path in _PACKAGE.glob("*.py")}
    named = {path.stem.removeprefix("test_") for path in _TESTS.glob("test_*.py")}
    assert named - modules == set()
    assert {path.name for path in _TESTS.glob("*.py")} - {"__init__.py", "conftest.py"} == {
        f"test_{name}.py" for name in named
    }


def test_scripts_and_tests_import_nothing_of_each_other() -> None:
    """But for the tests of a script's own functions, in tests/scripts."""
    wrong = [(path, name) for path, name in _imports("scripts") if name.split(".")[0] == "tests"]
    wrong += [
        (path, name)
        for path, name in _imports("tests")
        if name.split(".")[0] == "scripts" and path.parent != _TESTS / "scripts"
    ]
    assert wrong == []


def test_helpers_that_several_folders_use_are_in_the_harness() -> None:
    """A helper of several folders is taken from there."""
    shared = ("harness", "reliability")
    wrong = []
    for path, name in _imports("tests"):
        parts = name.split(".")
        if parts[0] == "tests" and len(parts) > 1 and parts[1] not in shared:
            here = path.relative_to(_TESTS).parts[0]
            if here not in (parts[1], "benchmarks"):
                wrong.append((str(path.relative_to(ROOT)), name))
    assert wrong == []

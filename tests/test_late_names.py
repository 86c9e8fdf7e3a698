"""The public names: loaded when they are used, known to type checkers, and none forgotten."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import pulumi_powerautomate
from tests.harness.tools import ROOT


@pytest.mark.parametrize("package", ["", ".flow", ".solution"])
def test_each_name_is_told_everywhere(package: str) -> None:
    """Exported names, those that type checkers see and those that can be loaded are the same."""
    module = importlib.import_module(f"pulumi_powerautomate{package}")
    tree = ast.parse(Path(module.__file__ or "").read_text("utf-8"))
    inner = [part for node in tree.body if isinstance(node, ast.If) for part in node.body]
    imported = {
        alias.asname or alias.name
        for node in [*tree.body, *inner]
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert imported - {"late_names"} | defined == set(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize("package", ["", ".flow", ".solution"])
def test_no_name_is_hidden_by_a_module(package: str) -> None:
    """A name that is loaded late must not be called as a module beside it is."""
    module = importlib.import_module(f"pulumi_powerautomate{package}")
    modules = {found.name for found in pkgutil.iter_modules(module.__path__)}
    for name in modules & set(module.__all__):
        assert callable(getattr(module, name)), name


def test_unknown_names(tmp_path: Path) -> None:
    """Python and mypy refuse a misspelt name; both know the right one."""
    with pytest.raises(AttributeError, match="has no attribute 'CloudFlwo'"):
        pulumi_powerautomate.CloudFlwo  # type: ignore[attr-defined]  # noqa: B018
    program = tmp_path / "program.py"
    program.write_text(
        "import pulumi_powerautomate as p\nreveal_type(p.CloudFlow.get)\np.CloudFlwo\n", "utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(program)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert 'has no attribute "CloudFlwo"' in done.stdout
    assert "program.py:2" in done.stdout
    assert "cloud_flow.CloudFlow" in done.stdout
    assert "CloudFlow" in dir(pulumi_powerautomate)


def test_a_resource_loads_its_own_module_only() -> None:
    """A provider process loads no module that it does not use."""
    code = (
        "import sys, pulumi_powerautomate\n"
        "assert not [m for m in ('pulumi', 'requests', 'msal', 'grpc') if m in sys.modules]\n"
        "from pulumi_powerautomate import FlowShare\n"
        "assert 'pulumi_powerautomate.cloud_flow' not in sys.modules\n"
        "assert vars(pulumi_powerautomate)['FlowShare'] is FlowShare\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_former_names_work_and_warn() -> None:
    """Programs of earlier releases go on."""
    with pytest.warns(DeprecationWarning, match="LostResponseError"):
        # Type checkers know the present name only.
        former = pulumi_powerautomate.LostAnswerError  # type: ignore[attr-defined]
    assert former is pulumi_powerautomate.LostResponseError
    with pytest.warns(DeprecationWarning, match="in_doubt"):
        assert former("lost").may_be_done

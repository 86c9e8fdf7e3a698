"""The package as type checkers see it: mypy's part is `make check`, pyright's is here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import pulumi_powerautomate
from tests.harness.tools import ROOT, TOOLS, python_with

_PYRIGHT = "pyright==1.1.414"
# Packages of extras that the development environment does not have.
_EXTRAS = ("pulumi-policy==1.21.0", "shtab==1.7.2")
_USES = Path(__file__).parent / "uses"
_MARK = re.compile(r"  # type: ignore\[[a-z-]+\]$")
# Whatever these have comes with the names that the package exports.
_PUBLIC = (
    "pulumi_powerautomate.emulator.Emulator",
    "pulumi_powerautomate.emulator.handle.",
    "pulumi_powerautomate.provider.base.",
    "pulumi_powerautomate.provider.resource.",
    "pulumi_powerautomate.testing.",
)


def _lines(path: Path, found: Iterator[int]) -> list[str]:
    text = path.read_text("utf-8").splitlines()
    return [text[number - 1] for number in sorted(set(found))]


def test_both_checkers_find_each_wrong_use(tmp_path: Path) -> None:
    """An error on every line that is marked as wrong, and on no other."""
    text = (_USES / "wrong.py").read_text("utf-8")
    marked = [line for line in text.splitlines() if _MARK.search(line)]
    assert len(marked) >= 20
    path = tmp_path / "wrong.py"
    path.write_text(re.sub(f"(?m){_MARK.pattern}", "  # wrong", text), "utf-8")
    wrong = [_MARK.sub("  # wrong", line) for line in marked]
    assert _lines(path, _mypy(path)) == wrong
    assert _lines(path, _pyright(path)) == wrong


def test_both_checkers_accept_right_uses() -> None:
    """mypy does so in `make check`."""
    path = _USES / "right.py"
    assert _lines(path, _mypy(path)) == []
    assert _lines(path, _pyright(path)) == []


def test_package_as_pyright_sees_it() -> None:
    """No error in its standard mode."""
    report = _report(str(ROOT / "pulumi_powerautomate"))
    assert [_shown(item) for item in report["generalDiagnostics"]] == []
    assert report["summary"]["filesAnalyzed"] > 400


def test_types_of_public_names_are_complete() -> None:
    """None is unknown, and none is inferred, which each type checker does in its own way."""
    report = _report("--verifytypes", "pulumi_powerautomate", "--ignoreexternal")
    symbols = report["typeCompleteness"]["symbols"]
    modules = {
        f"pulumi_powerautomate.{module}.{name}"
        for module, names in pulumi_powerautomate._NAMES.items()
        for name in names
    }
    exported = {f"pulumi_powerautomate.{name}" for name in pulumi_powerautomate.__all__}
    assert exported - {item["name"] for item in symbols} == set()
    public = (*exported, *modules, *_PUBLIC)
    incomplete = [
        item["name"]
        for item in symbols
        if item["name"].startswith(public)
        and not (item["isTypeKnown"] and not item["isTypeAmbiguous"])
    ]
    assert incomplete == []


def _mypy(path: Path) -> Iterator[int]:
    settings = ("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(TOOLS / "mypy"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, str(path)],
        cwd=path.parent, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return (int(number) for number in re.findall(r"(?m)\.py:(\d+): error:", done.stdout))


def _pyright(path: Path) -> Iterator[int]:
    found = _report(str(path))["generalDiagnostics"]
    return (item["range"]["start"]["line"] + 1 for item in found if item["severity"] == "error")


def _report(*arguments: str) -> dict[str, Any]:
    python = _pyright_python()
    # It knows no files of paths, with which an environment lends packages to another one.
    paths = os.pathsep.join((str(ROOT), sysconfig.get_path("purelib")))
    done = subprocess.run(
        [str(python), "-m", "pyright", "--pythonpath", str(python), "--outputjson", *arguments],
        cwd=TOOLS, capture_output=True, text=True, env={**_environment(), "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@cache
def _pyright_python() -> Path:
    """A Python with pyright, which gets its program from npm's registry when it first runs."""
    if shutil.which("node") is None:
        pytest.skip("pyright runs on Node, which is not on PATH")
    python = python_with(_PYRIGHT, *_EXTRAS, own_packages=True)
    command = [str(python), "-m", "pyright", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, env=_environment())
    if done.returncode:
        pytest.skip(f"pyright cannot be installed: {done.stderr.strip()[-200:]}")
    return python


def _environment() -> dict[str, str]:
    return {**os.environ, "PYRIGHT_PYTHON_CACHE_DIR": str(TOOLS / "pyright")}


def _shown(item: dict[str, Any]) -> str:
    file = Path(item["file"]).relative_to(ROOT)
    return f"{file}:{item['range']['start']['line'] + 1}: {item['message']}"

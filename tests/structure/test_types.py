"""The package as type checkers see it: mypy's part is `make check`, pyright's is here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Mapping
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


def _lines(path: Path, found: Mapping[str, set[int]]) -> list[str]:
    text = path.read_text("utf-8").splitlines()
    return [text[number - 1] for number in sorted(found[path.name])]


def test_package_and_uses_as_checkers_see_them(tmp_path: Path) -> None:
    """
    pyright finds no error in the package in its standard mode; both find one on every line of the
    wrong uses that is marked as wrong, on no other, and on none of the right uses.

    One run of each: most of its time goes into reading the package.
    """
    text = (_USES / "wrong.py").read_text("utf-8")
    marked = [line for line in text.splitlines() if _MARK.search(line)]
    assert len(marked) >= 20
    path = tmp_path / "wrong.py"
    path.write_text(re.sub(f"(?m){_MARK.pattern}", "  # wrong", text), "utf-8")
    wrong = [_MARK.sub("  # wrong", line) for line in marked]
    right = _USES / "right.py"
    report = _report(str(path), str(right), str(ROOT / "pulumi_powerautomate"))
    uses = {str(path), str(right)}
    items = report["generalDiagnostics"]
    assert [_shown(item) for item in items if item["file"] not in uses] == []
    assert report["summary"]["filesAnalyzed"] > 400
    for found in (_by_pyright(items), _by_mypy(path, right)):
        assert _lines(path, found) == wrong
        assert _lines(right, found) == []


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


def _by_mypy(*paths: Path) -> Mapping[str, set[int]]:
    """Lines with an error, by the name of the file."""
    settings = ("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(TOOLS / "mypy"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *settings, *map(str, paths)],
        cwd=paths[0].parent, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    found: defaultdict[str, set[int]] = defaultdict(set)
    for file, number in re.findall(r"(?m)^(\S+\.py):(\d+): error:", done.stdout):
        found[Path(file).name].add(int(number))
    return found


def _by_pyright(items: Iterable[Mapping[str, Any]]) -> Mapping[str, set[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for item in items:
        if item["severity"] == "error":
            found[Path(item["file"]).name].add(item["range"]["start"]["line"] + 1)
    return found


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

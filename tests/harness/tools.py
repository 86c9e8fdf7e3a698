"""
Programs of others that judge what this project ships, each in an environment of its own.

They are installed once, under `build/tools`; where no registry can be reached the tests that need
one are skipped with that reason.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "build" / "tools"
_NO_REGISTRY = (
    "from versions: none",
    "Network is unreachable",
    "Temporary failure",
    "no such host",
)


def python_with(*requirements: str, own_packages: bool = False) -> Path:
    """
    A Python with these packages, all of exact versions.

    Args:
        requirements: what pip installs, such as `zizmor==1.20.0`.
        own_packages: whether the packages of the Python that runs the tests are there too.
    """
    key = hashlib.sha256(f"{requirements} {own_packages}".encode()).hexdigest()[:12]
    folder = TOOLS / f"python-{key}"
    python = folder / "bin" / "python"
    with _locked():
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder, with_pip=True)
            if own_packages:
                _lend_packages(python)
            pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
            _install([*pip, *requirements], requirements[0])
            (folder / "ready").touch()
    return python


def go_program(module: str, version: str) -> Path:
    """A program of a Go module, built."""
    go = shutil.which("go")
    if go is None:
        pytest.skip(f"{module} is built with Go, which is not on PATH")
    folder = TOOLS / f"go-{module.rpartition('/')[2]}-{version}"
    with _locked():
        if not folder.exists():
            part = folder.with_suffix(".part")
            environ = {**os.environ, "GOBIN": str(part), "GOFLAGS": "-mod=mod"}
            _install([go, "install", f"{module}@{version}"], module, environ)
            part.rename(folder)
    return next(folder.iterdir())


def _lend_packages(python: Path) -> None:
    import sysconfig

    (site,) = python.parents[1].glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n", "utf-8")


def _install(command: list[str], what: str, environ: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environ)
    if done.returncode and any(text in done.stderr for text in _NO_REGISTRY):
        pytest.skip(f"no registry can be reached for {what}")
    assert done.returncode == 0, done.stderr


class _locked:
    """Two workers of the tests do not install the same thing at once."""

    def __enter__(self) -> None:
        TOOLS.mkdir(parents=True, exist_ok=True)
        self._file = (TOOLS / ".lock").open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *details: object) -> None:
        self._file.close()

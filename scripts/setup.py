"""
Prepare a clone: the virtual environment with locked packages, and the Pulumi engine.

`make` runs it before everything else. It needs nothing but Python, is quick when there is nothing
to do, and may be interrupted or run twice at once.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "requirements-dev.lock"
_STAMP = ENVIRONMENT / "set-up-from"
_OLDEST_PYTHON = (3, 10)


def main() -> None:
    """Set up what is missing."""
    if sys.version_info < _OLDEST_PYTHON:
        sys.exit(f"error: Python 3.10 or later is needed; {sys.executable} is {sys.version[:6]}.")
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current():
            _make_environment()
    command = [str(ENVIRONMENT / "bin" / "python"), str(ROOT / "scripts" / "engine.py")]
    # It prints where the engine is; whoever sets up need not know.
    sys.exit(subprocess.call(command, stdout=subprocess.DEVNULL))


def _wanted() -> str:
    digest = hashlib.sha256(LOCK.read_bytes())
    digest.update((ROOT / "pyproject.toml").read_bytes())
    digest.update(f"{sys.version_info[:2]} {ROOT}".encode())
    return digest.hexdigest()


def _is_current() -> bool:
    return _STAMP.exists() and _STAMP.read_text() == _wanted()


def _make_environment() -> None:
    started = time.monotonic()
    print(f"Setting up {ENVIRONMENT.name} (once) …", flush=True)
    _STAMP.unlink(missing_ok=True)
    if not (ENVIRONMENT / "bin" / "python").exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=ENVIRONMENT.exists())
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    pip += ["install", "--quiet", "--no-input"]
    for step in (
        [*pip, "--require-hashes", "-r", str(LOCK)],
        [*pip, "--no-deps", "--no-build-isolation", "-e", str(ROOT)],
    ):
        if subprocess.call(step, cwd=ROOT, env={**os.environ, "PIP_PROGRESS_BAR": "off"}):
            sys.exit("error: the packages could not be installed; see the lines above.")
    _STAMP.write_text(_wanted())
    print(f"  packages installed in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()

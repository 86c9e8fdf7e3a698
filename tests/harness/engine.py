"""Pulumi's programs that the tests run with, as `scripts/engine.py` finds or gets them."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def engine_folder() -> Path:
    """The folder with the engine's programs."""
    return Path(_told("engine"))


@cache
def running_version() -> tuple[int, ...]:
    """The version of the command line in that folder."""
    command = [str(engine_folder() / "pulumi"), "version"]
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", printed)[:3]))


def yaml_host_folder() -> Path:
    """The folder with the language host of YAML programs."""
    return Path(_told("yaml"))


def generator() -> Path:
    """The program that runs Pulumi's code generators on a schema."""
    return Path(_told("generator"))


def engine_version() -> str:
    """The version that a set-up gets, when there is none on PATH."""
    return _told("versions").split()[0]


def programs_used() -> str:
    """Which command line and which language host the tests run with."""
    return _told("used")


@cache
def _told(what: str) -> str:
    """Once in a process: a test that changes PATH later must not change what others run with."""
    command = [sys.executable, str(_ROOT / "scripts" / "engine.py"), what]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"scripts/engine.py {what} ended with {done.returncode}; see above.")
    return done.stdout.strip()

"""The set-up scripts: safe when interrupted, and when run twice at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = {
    "pulumi",
    "pulumi-language-python",
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
}


@pytest.fixture
def empty_home(tmp_path: Path) -> dict[str, str]:
    """A machine without the engine, but with what Go has built before."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs Go, to build the engine")
    asked = subprocess.run([go, "env", "GOCACHE", "GOMODCACHE"], capture_output=True, text=True)
    cache, modules = asked.stdout.split()
    kept = {name: value for name, value in os.environ.items() if name.startswith(("GO", "LANG"))}
    return {
        **kept,
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join((str(Path(go).parent), "/usr/bin", "/bin")),
        "GOCACHE": cache,
        "GOMODCACHE": modules,
    }


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "engine.py")],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _programs(environment: dict[str, str]) -> set[str]:
    folder = Path(environment["HOME"]) / ".pulumi" / "versions"
    return {path.name for path in folder.glob("3*/bin/*")}


def test_engine_is_got_once_and_whole(empty_home: dict[str, str]) -> None:
    """Interrupted: nothing half there. Twice at once afterwards: both end well."""
    interrupted = _start(empty_home)
    time.sleep(3)
    os.killpg(interrupted.pid, signal.SIGKILL)
    interrupted.communicate()
    assert _programs(empty_home) in (set(), PROGRAMS)
    both = [_start(empty_home), _start(empty_home)]
    messages = [process.communicate()[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], messages
    assert _programs(empty_home) == PROGRAMS
    pulumi = next((Path(empty_home["HOME"]) / ".pulumi" / "versions").glob("3*/bin/pulumi"))
    version = subprocess.run([str(pulumi), "version"], capture_output=True, text=True)
    assert version.stdout.strip().startswith("v3.")


def test_no_way_to_get_the_engine_is_one_line(empty_home: dict[str, str]) -> None:
    """No Go, no download: one line that names the choices."""
    environment = {**empty_home, "PATH": "/nonexistent"}
    with contextlib.suppress(OSError), socket.create_connection(("get.pulumi.com", 443), 4):
        pytest.skip("the official installer can be reached here")
    process = _start(environment)
    message = process.communicate()[1].decode().strip()
    assert process.returncode == 1
    assert message.startswith("error: The Pulumi engine is missing")
    assert "https://go.dev/dl/" in message
    assert len(message.splitlines()) == 1

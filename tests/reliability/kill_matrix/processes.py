"""The engine and the provider that a run of ours has started, found among its children."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import Literal

Role = Literal["engine", "provider"]


def find(role: Role) -> int:
    """
    The id of the process that plays a role in the command that is running.

    Raises:
        LookupError: there is none.
    """
    for pid, command in _descendants(os.getpid()):
        program = Path(command[0]).name if command else ""
        if role == "engine" and program == "pulumi":
            return pid
        if role == "provider" and program.startswith("python") and _is_provider(command):
            return pid
    raise LookupError(f"no {role} is running")


def _is_provider(command: list[str]) -> bool:
    """Of dynamic resources, or the native one."""
    return "pulumi.dynamic" in command or any(
        Path(part).name == "pulumi-resource-powerautomate" for part in command
    )


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that is gone already is as good as killed."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _descendants(root: int) -> list[tuple[int, list[str]]]:
    """Every process below one of ours, with its command; from `/proc`, because `ps` is slow."""
    children: dict[int, list[int]] = {}
    commands: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        parent = int(stat.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(entry.name))
        commands[int(entry.name)] = command.rstrip("\0").split("\0")
    found, waiting = [], [root]
    while waiting:
        for child in children.get(waiting.pop(), []):
            found.append((child, commands[child]))
            waiting.append(child)
    return found

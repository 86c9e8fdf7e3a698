"""The command line, run in this process against an emulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from pulumi_powerautomate.cli import main
from pulumi_powerautomate.emulator import Emulator


class Said(NamedTuple):
    """The result of a command."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


def command_for(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """A function that runs a verb with its arguments, signed in to the emulator."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run

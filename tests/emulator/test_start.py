"""How the emulator starts and ends, where event loops have no signals too."""

from __future__ import annotations

import signal
import subprocess
import sys

from pulumi_powerautomate.emulator.__main__ import shell_lines

_PROGRAM = """
import asyncio
from pulumi_powerautomate.emulator import __main__ as emulator

class WithoutSignals(asyncio.SelectorEventLoop):
    def add_signal_handler(self, number, callback, *arguments):
        raise NotImplementedError

async def main():
    stop = asyncio.Event()
    emulator.stop_on_signals(stop)
    print("ready", flush=True)
    await emulator._until_stopped(stop, with_parent=False)
    print("stopped", flush=True)

loop = WithoutSignals()
loop.run_until_complete(main())
"""


def test_it_ends_where_event_loops_have_no_signals() -> None:
    """As on Windows, whose event loops cannot handle signals."""
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0] == "stopped\n"
    assert process.returncode == 0


def test_variables_are_set_as_the_shell_takes_them() -> None:
    """PowerShell on Windows."""
    variables = {"POWERAUTOMATE_ENVIRONMENT_URL": "http://127.0.0.1:8080"}
    assert shell_lines(variables, windows=True) == [
        '$env:POWERAUTOMATE_ENVIRONMENT_URL = "http://127.0.0.1:8080"'
    ]
    assert shell_lines(variables, windows=False) == [
        "export POWERAUTOMATE_ENVIRONMENT_URL=http://127.0.0.1:8080"
    ]

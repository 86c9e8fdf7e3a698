"""A command in a real terminal, and what a person sees there."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import Mapping

from tests.harness.tools import ROOT


def in_terminal(*arguments: str, variables: Mapping[str, str] | None = None) -> tuple[int, str]:
    """
    Run a verb with standard output and error on a terminal.

    Args:
        arguments: the verb and its options.
        variables: beside those of the tests.
    """
    parent, child = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", **(variables or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "pulumi_powerautomate", *arguments],
        stdin=subprocess.DEVNULL, stdout=child, stderr=child, cwd=ROOT, env=environ,
    )  # fmt: skip
    os.close(child)
    seen = b""
    # The end of a terminal is an error on Linux.
    with contextlib.suppress(OSError):
        while part := os.read(parent, 4096):
            seen += part
    os.close(parent)
    return process.wait(), seen.decode("utf-8")

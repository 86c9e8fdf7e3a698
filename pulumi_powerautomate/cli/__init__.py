"""
`pulumi-powerautomate`: what happens before and after `pulumi up`.

One module per verb, each with `add_to(verbs)`, which declares its arguments, and a function that
runs it and returns the exit code. The verbs hold no rules of their own. Exit codes: 0 done, 1 the
answer is no (a problem was found, a check failed), 2 the call cannot be carried out as it stands.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence

from ..errors import PowerAutomateError
from ..terminal import shown

# In the order of `--help`; a verb's module is loaded when the command starts, its machinery later.
VERBS = (
    "adopt",
    "conformance",
    "diagram",
    "diff",
    "doctor",
    "emulator",
    "environments",
    "export",
    "flows",
    "orphans",
    "pack",
    "report",
    "run_check",
    "settings",
    "validate",
)

# What a disk without room says; a file may also be as large as its owner is allowed to make it.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the console script's entry point."""
    parser = argparse.ArgumentParser(
        prog="pulumi-powerautomate",
        description="Power Automate cloud flows as code: what happens around `pulumi up`.",
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for name in VERBS:
        importlib.import_module(f".{name}", __package__).add_to(verbs)
    arguments = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter of a name shows its number.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except PowerAutomateError as error:
        print(f"error: {shown(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        _close_output()
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _close_output()
        print(f"error: the output cannot be written: {error.strerror}.", file=sys.stderr)
        return 2


def _close_output() -> None:
    """A second complaint at exit would help nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""
`pulumi-powerautomate`: what happens before and after `pulumi up`.

One module per verb, each with `add_to(verbs)`, which declares its arguments, and a function that
runs it and returns the exit code. The verbs hold no rules of their own. Exit codes: 0 done, 1 the
answer is no (a problem was found, a check failed), 2 the call cannot be carried out as it stands.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from ..errors import PowerAutomateError

# In the order of `--help`; a verb's module is loaded when the command starts, its machinery later.
VERBS = (
    "adopt",
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
    "validate",
)


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
    try:
        return int(arguments.run(arguments))
    except PowerAutomateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough; a second complaint at exit would help nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0

"""`pulumi-powerautomate completion`: the script with which a shell completes verbs and options."""

from __future__ import annotations

import argparse
import sys
from typing import Any

SHELLS = ("bash", "zsh", "tcsh")


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "completion",
        help="print the script that completes verbs and options in a shell",
        description="bash: `source <(pulumi-powerautomate completion bash)` in ~/.bashrc. zsh: "
        "`pulumi-powerautomate completion zsh > FOLDER/_pulumi-powerautomate`, with the folder in "
        "$fpath. Needs the extra `completion`.",
    )
    verb.add_argument("shell", choices=SHELLS)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from . import VERBS, parser_with

    try:
        import shtab
    except ModuleNotFoundError:
        from ..requirement import install_line

        print(f"error: shtab is missing; {install_line('completion')}.", file=sys.stderr)
        return 2
    parser, _ = parser_with(VERBS)
    print(shtab.complete(parser, arguments.shell))
    return 0

"""`pulumi-powerautomate doctor`: what works between this machine and the environment."""

from __future__ import annotations

import argparse
from typing import Any

from .output import Colour, add_format, paint

_COLOURS: dict[str, Colour] = {"ok": "green", "failed": "red", "skipped": "dim"}


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("doctor", help="try configuration, sign-in and privileges step by step")
    verb.add_argument("--stack", help="read the configuration of this stack of the project here")
    add_format(verb)
    # As it was spelled before.
    verb.add_argument(
        "--json", dest="format", action="store_const", const="json", help=argparse.SUPPRESS
    )
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ..operations.doctor import diagnose
    from ..terminal import json_text, shown

    config = _stack_configuration(arguments.stack) if arguments.stack else {}
    failed, steps, prints = False, [], arguments.format != "json"
    for step in diagnose(config):
        failed = failed or step.outcome == "failed"
        steps.append(step)
        if prints:
            outcome = paint(f"{step.outcome:8}", _COLOURS.get(step.outcome, "yellow"))
            print(f"{outcome} {shown(f'{step.name:14} {step.summary}')}", flush=True)
            if step.name == "configuration":
                for name, fact in step.details.items():
                    print(shown(f"{'':24}{name} = {fact['value']} ({fact['from']})"))
    if not prints:
        document = {"ok": not failed, "steps": [asdict(step) for step in steps]}
        print(json_text(document))
    return 1 if failed else 0


def _stack_configuration(stack: str) -> dict[str, str]:
    import json
    import shutil
    import subprocess

    from ..errors import ConfigurationError, one_line

    program = shutil.which("pulumi")
    if program is None:
        raise ConfigurationError("--stack: the Pulumi CLI is not on PATH.")
    done = subprocess.run(
        [program, "config", "--json", "--show-secrets", "--stack", stack, "--non-interactive"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ConfigurationError(f"--stack {stack}: {one_line(done.stderr, 300)}")
    return {key: str(item.get("value") or "") for key, item in json.loads(done.stdout).items()}

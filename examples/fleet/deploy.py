"""
Deploy to every environment of a file, several at once, and write one report.

`python deploy.py environments.json` reads the variables of each environment by its name:
`{"sales": {"POWERAUTOMATE_ENVIRONMENT_URL": "https://contoso-sales.crm4.dynamics.com"}}`. What is
the same everywhere, such as the identity, comes from the variables of this process.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from heartbeat import program
from pulumi import automation

AT_ONCE = 4


@dataclass(frozen=True)
class Result:
    """How the deployment to one environment ended; `reason` is empty when it went well."""

    environment: str
    changes: str
    seconds: float
    reason: str = ""


def deploy(name: str, variables: Mapping[str, str]) -> Result:
    """Run `up` for one environment; a failure is a result too."""
    started = time.monotonic()
    options = automation.LocalWorkspaceOptions(
        # Without it the provider would run under whichever `python3` is on PATH.
        env_vars={**variables, "PULUMI_PYTHON_CMD": sys.executable}
    )
    try:
        stack = automation.create_or_select_stack(
            stack_name=name, project_name="fleet", program=program, opts=options
        )
        changed = stack.up().summary.resource_changes or {}
        told = ", ".join(f"{number} {kind}" for kind, number in sorted(changed.items()))
        return Result(name, told, time.monotonic() - started)
    except automation.CommandError as error:
        return Result(name, "", time.monotonic() - started, _reason(str(error)))


def deploy_all(environments: Mapping[str, Mapping[str, str]]) -> list[Result]:
    """Deploy to all of them; the results are in the order of the environments."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(deploy, environments, environments.values()))


def report(results: list[Result]) -> str:
    """One table for all environments, failures first."""
    failed = [result for result in results if result.reason]
    lines = [
        f"## Fleet: {len(results) - len(failed)} of {len(results)} environments deployed",
        "",
        "| Environment | | Changes | Seconds | Reason |",
        "|---|---|---|--:|---|",
    ]
    for result in sorted(results, key=lambda item: not item.reason):
        outcome = "failed" if result.reason else "done"
        reason = result.reason.replace("|", "\\|")
        lines.append(
            f"| {result.environment} | {outcome} | {result.changes} | {result.seconds:.1f} "
            f"| {reason} |"
        )
    return "\n".join(lines) + "\n"


def _reason(text: str) -> str:
    """The line of the resource, and not that the stack failed because of it."""
    blocks = text.partition("Diagnostics:")[2].split("\n\n")
    errors = [
        line
        for block in sorted(blocks, key=lambda block: "pulumi:pulumi:Stack" in block)
        for line in re.findall(r"error: (.*)", block)
    ]
    return (errors or text.strip().splitlines())[0][:300]


def main(environments: Mapping[str, Mapping[str, str]]) -> int:
    """Deploy, print the report and keep it in `report.md`; 1 when an environment failed."""
    results = deploy_all(environments)
    text = report(results)
    Path("report.md").write_text(text, "utf-8")
    print(text)
    return 1 if any(result.reason for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text("utf-8"))))

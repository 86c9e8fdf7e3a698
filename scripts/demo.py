"""
`make demo`: the real Pulumi engine manages real flows in the emulator, step by step.

Works on a copy of the example in a temporary folder, with a home, a state and an environment of
its own, so that nothing of the person who watches is touched and nothing is left.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from scripts.engine import engine_folder

_EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "cloud-flow"
_STACK = "dev"
_OURS = ("PULUMI_", "POWERAUTOMATE_", "ARM_", "AZURE_", "REQUESTS_", "HTTP_PROXY", "HTTPS_PROXY")


class Demo:
    """One run: a project, an emulator, and what was seen."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self.emulator = emulator
        self.project = folder / "project"
        shutil.copytree(_EXAMPLE, self.project)
        (folder / "state").mkdir()
        outside = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
        self.environment = {
            **outside,
            **emulator.environment,
            "PATH": os.pathsep.join(
                (str(Path(sys.executable).parent), str(engine_folder()), outside["PATH"])
            ),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        self.seen: list[str] = []

    def pulumi(self, *arguments: str, quiet: bool = False) -> str:
        """Run the engine's command; what it prints is shown, and returned."""
        command = ["pulumi", *arguments, "--non-interactive"]
        if not quiet:
            print(f"\n$ pulumi {' '.join(arguments)}", flush=True)
        process = subprocess.Popen(
            command,
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if not quiet:
                print(line, end="", flush=True)
        if process.wait():
            print("".join(lines) if quiet else "", file=sys.stderr)
            raise SystemExit(f"error: `pulumi {arguments[0]}` ended with {process.returncode}.")
        return "".join(lines)

    def step(self, title: str) -> None:
        """Announce what comes."""
        print(f"\n{'─' * 78}\n{title}\n{'─' * 78}", flush=True)

    def expect(self, truth: object, line: str) -> None:
        """Note what was seen; a demo that shows the wrong thing fails."""
        if not truth:
            raise SystemExit(f"error: expected this, and it is not so: {line}")
        self.seen.append(line)

    def requests(self) -> list[str]:
        """The requests since the last call."""
        found = [f"{item['method']} {item['path']}" for item in self.emulator.control.requests()]
        self.emulator.control.clear_journal()
        return found

    def flows(self) -> dict[str, dict[str, Any]]:
        """The flows in the environment, by display name."""
        return {row["name"]: row for row in self.emulator.control.rows("workflows")}

    def run(self) -> None:
        """The whole story."""
        self.pulumi("stack", "init", _STACK, quiet=True)
        self._create()
        self._change()
        self._repair()
        self.step("7. Destroy")
        self.pulumi("destroy", "--yes", "--skip-preview")
        self.expect(
            not self.flows(), "destroy removed all three flows, those that were on off first"
        )

    def _create(self) -> None:
        self.step("1. Preview: nothing is sent")
        self.pulumi("preview")
        self.expect(not self.requests(), "a preview sends no request")
        self.step("2. Up: three flows, real ones from public repositories")
        self.pulumi("up", "--yes", "--skip-preview")
        tokens = len(self.emulator.control.token_requests())
        sent = self.requests()
        states = sorted(row["statecode"] for row in self.flows().values())
        self.expect(states == [0, 1, 1], "up created three flows and turned two of them on")
        writes = [line for line in sent if line.startswith(("POST", "PATCH"))]
        self.expect(
            len(writes) == 5,
            f"in {len(writes)} writes (1 for a draft, 2 for an active flow) and {tokens} sign-in",
        )
        self.step("3. Up again: nothing changes")
        again = self.pulumi("up", "--yes", "--skip-preview")
        self.expect("4 unchanged" in again, "a second up changed nothing")
        self.expect(not self.requests(), "and sent no request")

    def _change(self) -> None:
        self.step("4. Edit one action of a flow, and preview")
        path = self.project / "flows" / "package-arrived.json"
        document = json.loads(path.read_text("utf-8"))
        mail = document["properties"]["definition"]["actions"]["Send_an_email_(V2)"]
        mail["inputs"]["parameters"]["emailMessage/Subject"] = "A package is waiting for you"
        path.write_text(json.dumps(document, indent=2), "utf-8")
        shown = self.pulumi("preview", "--diff")
        self.expect(
            "A package is waiting for you" in shown, "a preview shows the edit of one action"
        )
        self.pulumi("up", "--yes", "--skip-preview")
        stored = str(self.flows()["When packages come in, notify receiver"]["clientdata"])
        self.expect("A package is waiting for you" in stored, "up brought it to the environment")

    def _repair(self) -> None:
        self.step("5. Somebody turns a flow off and renames it, behind our back")
        victim = self.flows()["sync-environments"]
        self.emulator.control.patch(
            "workflows",
            str(victim["workflowid"]),
            {"statecode": 0, "statuscode": 1, "name": "Sync environments (old?)"},
        )
        shown = self.pulumi("refresh", "--yes", "--diff", "--skip-preview")
        self.expect("Sync environments (old?)" in shown, "refresh shows the drift")
        self.step("6. Up repairs it")
        self.pulumi("up", "--yes", "--skip-preview")
        repaired = self.flows()["sync-environments"]
        self.expect(repaired["statecode"] == 1, "up put the name back and turned the flow on")


def main() -> None:
    """Run the demo and sum up."""
    started = time.monotonic()
    seed = json.loads((_EXAMPLE / "emulator.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="powerautomate-demo-") as folder:
        print("Starting the Dataverse emulator …", flush=True)
        with Emulator(seed=seed) as emulator:
            print(f"  listening at {emulator.url}", flush=True)
            demo = Demo(Path(folder), emulator)
            demo.run()
    demo.step(f"Done in {time.monotonic() - started:.0f} s, and nothing is left running")
    for line in demo.seen:
        print(f"  ✓ {line}")
    print("\nNext: `make test`, or sdk-docs/getting-started.md to use it in a project of your own.")


if __name__ == "__main__":
    main()

"""
`make pictures`: the pictures of the documentation, from what the commands really print.

Each comes from a run of an example on the real engine against an emulator; the comment of a pull
request is looked at in Chromium.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts.documentation import comment  # noqa: E402
from scripts.documentation.scene import Scene, scene  # noqa: E402
from scripts.documentation.terminal import draw  # noqa: E402

_PICTURES = ROOT / "sdk-docs" / "pictures"
_FLEET = 20


def main() -> None:
    """Make those that were asked for by name, or all."""
    _PICTURES.mkdir(exist_ok=True)
    makers = {
        "cloud-flow": lambda: _up("cloud-flow", "dev", preview=True),
        "flow-share": lambda: _up("flow-share", "prod"),
        "solution-import": _solution,
        "bindings": lambda: _up("bindings", "dev"),
        "component": lambda: _up("component", "dev"),
        "adopt": _adopt,
        "policies": _policies,
        "fleet": _fleet,
        "unit-tests": lambda: _tests("unit-tests"),
        "testing": lambda: _tests("testing"),
        "languages": _languages,
        "review": _review,
    }
    for name in sys.argv[1:] or makers:
        print(name, flush=True)
        makers[name]()


def _up(example: str, stack: str, *, preview: bool = False) -> None:
    with scene(example) as here:
        here.run(f"pulumi stack init {stack}")
        verb = "pulumi preview" if preview else "pulumi up --yes --skip-preview"
        draw(_PICTURES / f"example-{example}.svg", [here.run(verb)], example)


def _solution() -> None:
    with scene("solution-import") as here:
        here.run("pulumi stack init dev")
        commands = [
            here.run("pulumi-powerautomate pack src dist/ContosoAlerts.zip"),
            here.run("pulumi up --yes --skip-preview"),
        ]
        draw(_PICTURES / "example-solution-import.svg", commands, "solution-import")


def _adopt() -> None:
    with scene("adopt") as here:
        commands = [here.run("pulumi-powerautomate adopt --all --output contoso")]
        here.project = here.project / "contoso"
        here.run("pulumi stack init dev")
        here.run(
            "pulumi import --file import.json --generate-code=false --protect=false --yes "
            "--skip-preview"
        )
        commands.append(here.run("pulumi preview"))
        draw(_PICTURES / "example-adopt.svg", commands, "adopt")


def _fleet() -> None:
    with scene("fleet") as here:
        command, printed = here.run(f"python emulated.py {_FLEET}", fails=True)
        draw(_PICTURES / "example-fleet.svg", [(command, printed)], "fleet")


def _policies() -> None:
    with scene("policies") as here:
        shutil.copytree(ROOT / "examples" / "cloud-flow", here.project.parent / "cloud-flow")
        policies = here.project / "policies.json"
        text = policies.read_text("utf-8").replace('"twitter"', '"twitter", "office365"')
        policies.write_text(text, "utf-8")
        command = "pulumi-powerautomate validate ../cloud-flow/flows --policy policies.json"
        commands = [here.run("cat policies.json"), here.run(f"{command} --stack dev", fails=True)]
        draw(_PICTURES / "example-policies.svg", commands, "policies")


def _tests(example: str) -> None:
    with scene(example) as here:
        commands = [here.run("python -m pytest -v --no-header")]
        draw(_PICTURES / f"example-{example}.svg", commands, example)


def _languages() -> None:
    """The flow that the examples in YAML, TypeScript and Go declare, as `diagram` draws it."""
    import yaml

    program = yaml.safe_load((ROOT / "examples" / "yaml" / "Pulumi.yaml").read_text("utf-8"))
    with scene("yaml") as here:
        definition = program["resources"]["daily"]["properties"]["definition"]
        (here.project / "daily.json").write_text(json.dumps(definition), "utf-8")
        here.run("pulumi-powerautomate diagram daily.json -o daily.svg")
        drawn = (here.project / "daily.svg").read_text("utf-8")
    (_PICTURES / "example-languages.svg").write_text(drawn, "utf-8")


def _review() -> None:
    """A preview, the report as a comment, a difference and a diagram, all of one change."""
    with scene("flow-share") as here:
        here.run("pulumi stack init prod")
        here.run("pulumi up --yes --skip-preview")
        before = (here.project / "flows" / "escalation.json").read_text("utf-8")
        (here.project / "main.json").write_text(before, "utf-8")
        _edit(here)
        draw(_PICTURES / "preview.svg", [here.run("pulumi preview")], "preview")
        after = "flows/escalation.json"
        commands = [
            here.run(f"pulumi-powerautomate diff main.json {after}", fails=True),
            here.run("pulumi-powerautomate validate flows"),
            here.run("pulumi-powerautomate flows"),
        ]
        draw(_PICTURES / "command-line.svg", commands, "command line")
        here.run(f"pulumi-powerautomate diagram {after} --since main.json -o diagram.svg")
        (_PICTURES / "diagram.svg").write_text(
            (here.project / "diagram.svg").read_text("utf-8"), "utf-8"
        )
        here.run("pulumi preview --json > preview.json", quiet=True)
        here.run("pulumi-powerautomate report preview.json -o report.md")
        report = (here.project / "report.md").read_text("utf-8")
        comment.draw(_PICTURES / "report.png", report)


def _edit(here: Scene) -> None:
    path = here.project / "flows" / "escalation.json"
    flow = json.loads(path.read_text("utf-8"))
    flow["triggers"]["Every_quarter_of_an_hour"]["recurrence"] = {
        "frequency": "Day",
        "interval": 1,
        "timeZone": "W. Europe Standard Time",
        "schedule": {"hours": ["8"], "minutes": [0]},
    }
    actions = flow["actions"]
    actions["Deadline"]["inputs"] = "@addMinutes(utcNow(), -60)"
    actions["Is_it_a_workday"] = {
        "type": "If",
        "runAfter": {"Deadline": ["Succeeded"]},
        "expression": {"and": [{"less": ["@dayOfWeek(utcNow())", 6]}]},
        "actions": {"Report": {**actions.pop("Report"), "runAfter": {}}},
    }
    path.write_text(json.dumps(flow, indent=2), "utf-8")
    settings = here.project / "Pulumi.prod.yaml"
    text = settings.read_text("utf-8").replace("    - Duty managers\n", "")
    settings.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

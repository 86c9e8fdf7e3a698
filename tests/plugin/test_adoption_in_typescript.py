"""
Flows that exist, adopted into a program in TypeScript: type-checked, imported, nothing left to do.

The library is the one that Pulumi's generator makes. The language host of Node is not here; the
Automation API runs the compiled program, in the project's own folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator, seed
from pulumi_powerautomate.plugin.schema import FILE
from tests.harness.adopted_project import AdoptedProject, add_flow, document
from tests.harness.definitions import calling
from tests.harness.engine import generator, yaml_host_folder
from tests.harness.engine_project import changes
from tests.plugin.test_adoption import people_left_behind

BUILD = Path(__file__).resolve().parents[2] / "build" / "adopted-typescript"
LIBRARY = BUILD / "sdks" / "powerautomate"

pytestmark = [
    pytest.mark.engine,
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not here"),
]

_RUN = """
const { LocalWorkspace } = require("@pulumi/pulumi/automation");

async function main() {
    const program = async () => { require("./bin/index.js"); };
    const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: "dev", projectName: "project", program }, { workDir: process.cwd() });
    const onOutput = (text) => process.stdout.write(text);
    const expectNoChanges = process.argv[2] !== "destroy" || undefined;
    await stack[process.argv[2]]({ onOutput, expectNoChanges });
}

main().catch((problem) => { console.error(String(problem)); process.exit(1); });
"""


def _install(package: str) -> None:
    """The library, generated and compiled, beside what `package.json` names, once."""
    wanted = package + FILE.read_text("utf-8")
    stamp = BUILD / "compiled-from"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    (BUILD / "package.json").write_text(package, "utf-8")
    _command([str(generator()), str(FILE), str(BUILD / "generated")], BUILD)
    shutil.copytree(BUILD / "generated" / "nodejs", LIBRARY)
    _command(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"], BUILD)
    _command(["node_modules/.bin/tsc", "-p", str(LIBRARY)], BUILD)
    shutil.copy(LIBRARY / "package.json", LIBRARY / "bin")
    stamp.write_text(wanted, "utf-8")


def _command(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _compile(adopted: AdoptedProject) -> None:
    """Type-check the program, and compile it beside what it needs."""
    _install((adopted.path / "package.json").read_text("utf-8"))
    modules = adopted.path / "node_modules"
    if not modules.exists():
        modules.symlink_to(BUILD / "node_modules")
    adopted.run("node_modules/.bin/tsc")
    (adopted.path / "run.cjs").write_text(_RUN, "utf-8")


def _import(adopted: AdoptedProject) -> None:
    """Import from a folder of another runtime: the CLI loads the host of the project's language."""
    program = adopted.path
    adopted.path = program.with_name("importing")
    adopted.path.mkdir(exist_ok=True)
    (adopted.path / "Pulumi.yaml").write_text("name: project\nruntime: yaml\n", "utf-8")
    for name in ("Pulumi.dev.yaml", "import.json"):
        shutil.copy(program / name, adopted.path)
    adopted.pulumi("stack", "select", "dev")
    adopted.import_all()
    adopted.path = program


def test_a_few_flows(tmp_path: Path, emulator: Emulator) -> None:
    """Adopt, compile, import, and an empty preview; then up, once more, and destroy."""
    adopted = AdoptedProject(tmp_path, emulator, "typescript")
    adopted.environment["PATH"] += os.pathsep + str(yaml_host_folder())
    people_left_behind(emulator)
    before = emulator.control.rows("workflows")
    printed = adopted.adopt("--all")
    assert "adopted 8 flows, 2 connection references and 2 shares" in printed
    assert "pulumi package add " in printed
    _compile(adopted)
    adopted.pulumi("stack", "init", "dev")
    _import(adopted)
    emulator.control.clear_journal()
    assert changes(adopted.run("node", "run.cjs", "preview")) == "13 unchanged"
    assert changes(adopted.run("node", "run.cjs", "up")) == "13 unchanged"
    assert emulator.control.requests() == []
    assert emulator.control.rows("workflows") == before
    _again_and_one_more(adopted, emulator)
    adopted.run("node", "run.cjs", "destroy")
    assert emulator.control.rows("workflows") == []


def _again_and_one_more(adopted: AdoptedProject, emulator: Emulator) -> None:
    module = adopted.path / "flows" / "twin.ts"
    module.write_text(module.read_text("utf-8") + "// Ask Alice first.\n", "utf-8")
    before = _sources(adopted)
    assert "adopted 0 flows" in adopted.adopt("--all")
    assert _sources(adopted) == before
    caller = "5eed0000-0000-4000-8000-000000000005"
    add_flow(emulator, 9, document(calling(caller)), name="Last", on=True, _ownerid_value=seed.BOB)
    assert "adopted 1 flows" in adopted.adopt("--all")
    after = _sources(adopted)
    assert set(after) - set(before) == {"flows/last.json", "flows/last.ts"}
    assert after["flows/index.ts"] == before["flows/index.ts"] + 'import "./last";\n'
    changed = {name for name, text in before.items() if after[name] != text}
    assert changed == {"import.json", "adopted.json", "flows/index.ts"}
    assert "{ dependsOn: [callerFlow] });" in after["flows/last.ts"]
    _compile(adopted)
    _import(adopted)
    emulator.control.clear_journal()
    assert changes(adopted.run("node", "run.cjs", "preview")) == "14 unchanged"
    assert changes(adopted.run("node", "run.cjs", "up")) == "14 unchanged"
    assert emulator.control.requests() == []
    resources = json.loads(adopted.pulumi("stack", "export"))["deployment"]["resources"]
    (last,) = (item for item in resources if item["urn"].endswith("::last"))
    assert [urn.rpartition("::")[2] for urn in last["dependencies"]] == ["caller"]


def _sources(adopted: AdoptedProject) -> dict[str, str]:
    """The program, without what is compiled or installed."""
    return {
        str(path.relative_to(adopted.path)): path.read_text("utf-8")
        for folder in (".", "flows", "connection_references")
        for path in sorted((adopted.path / folder).iterdir())
        if path.is_file()
    }

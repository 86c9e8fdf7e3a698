"""The published schema is current, well-formed, and breaks nobody from one release to the next."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.models import MODELS, camel
from pulumi_powerautomate.plugin.schema import FILE, as_text, build_schema
from tests.harness.engine import engine_folder, generator
from tests.harness.tools import ROOT

RELEASED = Path(__file__).parent / "schemas"


def _schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def _described(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for token, item in schema["resources"].items():
        for part in ("inputProperties", "properties"):
            yield from ((f"{token}.{name}", entry) for name, entry in item[part].items())
    for token, item in schema["functions"].items():
        yield from ((f"{token}.{n}", entry) for n, entry in item["inputs"]["properties"].items())
    for token, item in schema["types"].items():
        yield token, item
        yield from ((f"{token}.{name}", entry) for name, entry in item["properties"].items())
    yield from schema["config"]["variables"].items()


def test_file_is_current() -> None:
    """`python -m pulumi_powerautomate.plugin.schema` writes it."""
    assert FILE.read_text("utf-8") == as_text(build_schema())


def test_everything_is_described() -> None:
    assert [where for where, entry in _described(_schema()) if not entry.get("description")] == []


def test_marks() -> None:
    """Secrets, values, defaults and what replaces, as the models have them."""
    schema = _schema()
    secret = {name for name, entry in schema["config"]["variables"].items() if entry.get("secret")}
    assert {"clientSecret", "accessToken", "oidcToken"} <= secret
    assert "tenantId" not in secret
    for name, model in MODELS.items():
        resource = schema["resources"][f"powerautomate:index:{name}"]
        inputs = resource["inputProperties"]
        replacing = {key for key, entry in inputs.items() if entry.get("willReplaceOnChanges")}
        assert replacing == set(map(camel, model.on_change("replace")))
        assert set(inputs) == {camel(item.name) for item in model.inputs}
        assert not any(key.endswith("Error") for key in resource["properties"])
        assert resource["aliases"] == [{"type": f"pulumi-python:dynamic/powerautomate:{name}"}]


def test_pulumi_binds_it_and_generates_libraries(tmp_path: Path) -> None:
    """Pulumi's binder holds it against its metaschema; its generators write three languages."""
    done = subprocess.run(
        [str(generator()), str(FILE), str(tmp_path)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "class CloudFlow" in (tmp_path / "nodejs" / "cloudFlow.ts").read_text("utf-8")
    assert (tmp_path / "go" / "powerautomate" / "cloudFlow.go").exists()
    python = tmp_path / "python" / "pulumi_powerautomate_native"
    assert (python / "cloud_flow.py").exists()
    for file in python.rglob("*.py"):
        compile(file.read_text("utf-8"), str(file), "exec")


def test_the_engine_gets_it(tmp_path: Path) -> None:
    """`pulumi package get-schema` asks the provider that the wheel installs."""
    import sys

    plugin = Path(sys.executable).with_name("pulumi-resource-powerautomate")
    done = subprocess.run(
        [str(engine_folder() / "pulumi"), "package", "get-schema", str(plugin)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PATH": str(engine_folder()), "HOME": str(tmp_path), "PULUMI_HOME": str(tmp_path)},
    )
    found = json.loads(done.stdout)
    assert set(found["resources"]) == set(_schema()["resources"])
    assert set(found["functions"]) == set(_schema()["functions"])


def breaking_changes(old: Any, new: Any, folder: Path) -> list[str]:
    """The lines that `scripts.schema_changes` prints."""
    command = [sys.executable, "-m", "scripts.schema_changes"]
    for name, schema in (("old", old), ("new", new)):
        (folder / f"{name}.json").write_text(json.dumps(schema), "utf-8")
        command.append(str(folder / f"{name}.json"))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = done.stdout.splitlines()
    assert done.returncode == (1 if found else 0), done.stderr
    return found


@pytest.mark.parametrize("released", sorted(RELEASED.glob("*.json")), ids=lambda file: file.stem)
def test_no_release_is_broken(released: Path, tmp_path: Path) -> None:
    """Programs that were written against a released schema go on."""
    assert breaking_changes(json.loads(released.read_text("utf-8")), _schema(), tmp_path) == []


def _without(schema: dict[str, Any], *path: str) -> dict[str, Any]:
    item = schema
    for key in path[:-1]:
        item = item[key]
    del item[path[-1]]
    return schema


_FLOW = ("resources", "powerautomate:index:CloudFlow")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("resources", "powerautomate:index:FlowShare"), "FlowShare is gone"),
        (("functions", "powerautomate:index:getFlow"), "getFlow is gone"),
        ((*_FLOW, "inputProperties", "state"), "CloudFlow: input state is gone"),
        ((*_FLOW, "properties", "etag"), "CloudFlow: output etag is gone"),
        (("types", "powerautomate:index:Principal", "properties", "email"), "email is gone"),
        (("config", "variables", "tenantId"), "setting tenantId is gone"),
    ],
)
def test_a_break_is_found(path: tuple[str, ...], line: str, tmp_path: Path) -> None:
    (found,) = breaking_changes(_schema(), _without(_schema(), *path), tmp_path)
    assert line in found


def test_other_breaks(tmp_path: Path) -> None:
    """A new input that has to be given, another type, an output that is not always there."""
    new = _schema()
    flow = new["resources"]["powerautomate:index:CloudFlow"]
    flow["requiredInputs"].append("solution")
    flow["inputProperties"]["name"]["type"] = "number"
    flow["required"].remove("currentState")
    assert breaking_changes(_schema(), new, tmp_path) == [
        "powerautomate:index:CloudFlow: input name has another type",
        "powerautomate:index:CloudFlow: input solution has to be given now",
        "powerautomate:index:CloudFlow: output currentState may be missing now",
    ]
    assert breaking_changes(_schema(), _schema(), tmp_path) == []

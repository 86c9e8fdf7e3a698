"""The policy pack: its own process, asked as the engine asks it, and the engine where it can."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineProject, engine_environment
from tests.harness.tools import ROOT, python_with

pytestmark = pytest.mark.engine
_PAGE = (ROOT / "sdk-docs" / "policies.md").read_text("utf-8")
_POLICIES = {
    "owner": {},
    "naming": {"pattern": "HR - .+"},
    "secrets": {"level": "advisory"},
    "sharing": {"kinds": ["team"], "access": ["run-only"]},
    "states": {"stacks": {"dev": "off"}},
}
_URN = "urn:pulumi:dev::tests::{}::flow"


def _pack(folder: Path) -> Path:
    """A pack as the page says to make one."""
    folder.mkdir()
    (yaml,) = re.findall(r"```yaml\n(.*?)```", _PAGE, re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL)
    (folder / "PulumiPolicy.yaml").write_text(yaml, "utf-8")
    (folder / "__main__.py").write_text(program, "utf-8")
    (folder / "policies.json").write_text(json.dumps(_POLICIES), "utf-8")
    return folder


@contextmanager
def _running(pack: Path) -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The process that the engine starts: it prints its port, and speaks the engine's protocol."""
    python = python_with("pulumi-policy==1.21.0", own_packages=True)
    process = subprocess.Popen(
        [str(python), "-u", "."], cwd=pack, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _asked(
    analyzer: analyzer_pb2_grpc.AnalyzerStub, kind: str, inputs: dict[str, Any]
) -> dict[str, str]:
    """The messages of a resource, by policy."""
    properties = struct_pb2.Struct()
    properties.update(inputs)
    request = analyzer_pb2.AnalyzeRequest(
        type=kind, properties=properties, urn=_URN.format(kind), name="flow"
    )
    return {item.policyName: item.message for item in analyzer.Analyze(request).diagnostics}


def _declare() -> None:
    flow = powerautomate.CloudFlow("digest", definition=hourly("one"))
    powerautomate.FlowShare(
        "alice", flow_id=flow.id, principal=powerautomate.user("alice@contoso.com"),
        access=["co-owner"],
    )  # fmt: skip
    other = powerautomate.CloudFlow(
        "leave", name="HR - Leave", definition=hourly("two"), state="off",
        owner=powerautomate.team("0e6a3b61-0000-4000-8000-000000000021"),
    )  # fmt: skip
    powerautomate.FlowSharesExclusive(
        "readers", flow_id=other.id,
        shares=[{"principal": powerautomate.team("On-call"), "access": ["run-only"]}],
    )  # fmt: skip


def test_inputs_as_the_engine_has_them(project: EngineProject, tmp_path: Path) -> None:
    """Resources of a real deployment: what is wrong with the first two, and the others let be."""
    project.up(_declare)
    found = {}
    with _running(_pack(tmp_path / "pack")) as analyzer:
        for item in project.resources():
            shown = {key: value for key, value in item["inputs"].items() if key[:2] != "__"}
            name = item["urn"].rpartition("::")[2]
            found[name] = _asked(analyzer, item["type"], shown)
    assert set(found["digest"]) == {
        "powerautomate-owner",
        "powerautomate-naming",
        "powerautomate-states",
    }
    assert "'digest'" in found["digest"]["powerautomate-naming"]
    assert set(found["alice"]) == {"powerautomate-sharing"}
    assert found["leave"] == found["readers"] == {}


def test_native_resources_and_values_that_are_not_known(tmp_path: Path) -> None:
    """Camel case and an object in place of a text; an owner that is known later breaks nothing."""
    native = "powerautomate:index:CloudFlow"
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    with _running(_pack(tmp_path / "pack")) as analyzer:
        key = {"A": {"type": "Http", "inputs": {"headers": {"api-key": "0123456789abcdef"}}}}
        inputs = {"name": "HR - x", "state": "off", "definition": {"triggers": {}, "actions": key}}
        assert set(_asked(analyzer, native, inputs)) == {
            "powerautomate-owner",
            "powerautomate-secrets",
        }
        inputs |= {"definition": unknown, "owner": unknown, "state": unknown, "name": unknown}
        assert _asked(analyzer, native, inputs) == {}
        assert _asked(analyzer, "aws:s3/bucket:Bucket", {"name": "x"}) == {}


def test_levels_and_configuration_of_the_engine(tmp_path: Path) -> None:
    """
    A rule that the file does not name is off, until the engine turns it on with options of its own.
    """
    with _running(_pack(tmp_path / "pack")) as analyzer:
        levels = {
            item.name: analyzer_pb2.EnforcementLevel.Name(item.enforcementLevel)
            for item in analyzer.GetAnalyzerInfo(empty_pb2.Empty()).policies
        }
        assert levels["powerautomate-owner"] == "MANDATORY"
        assert levels["powerautomate-secrets"] == "ADVISORY"
        assert levels["powerautomate-connectors"] == "DISABLED"
        properties = struct_pb2.Struct()
        properties.update({"blocked": ["office365"]})
        configured = analyzer_pb2.PolicyConfig(
            enforcementLevel=analyzer_pb2.MANDATORY, properties=properties
        )
        analyzer.Configure(
            analyzer_pb2.ConfigureAnalyzerRequest(
                policyConfig={"powerautomate-connectors": configured}
            )
        )
        references = {"a": {"api": "shared_office365", "logical_name": "x"}}
        found = _asked(
            analyzer, "pulumi-python:dynamic/powerautomate:CloudFlow",
            {"connection_references": references, "definition": json.dumps(hourly("x"))},
        )  # fmt: skip
        assert "office365 is blocked" in found["powerautomate-connectors"]


def test_on_the_engine(tmp_path: Path, emulator: Emulator) -> None:
    """`pulumi preview --policy-pack`, with a language host that can start one."""
    python = python_with("pulumi-policy==1.21.0", own_packages=True)
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", "utf-8")
    (program / "__main__.py").write_text(
        f"import pulumi_powerautomate as p\np.CloudFlow('digest', definition={hourly('x')!r})\n",
        "utf-8",
    )
    environ = {**os.environ, **engine_environment(tmp_path, emulator.environment)}
    environ["PATH"] = f"{python.parent}:{environ['PATH']}"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=program, env=environ, capture_output=True, text=True,
        )  # fmt: skip

    assert run("stack", "init", "dev").returncode == 0
    done = run("preview", "--policy-pack", str(_pack(tmp_path / "pack")))
    if "failed to start" in done.stdout + done.stderr:
        pytest.skip(
            "this language host, built from Go modules, cannot start policy packs in Python"
        )
    assert done.returncode != 0
    assert "powerautomate-owner" in done.stdout

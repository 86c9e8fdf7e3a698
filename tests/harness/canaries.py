"""
Canaries: secrets that can be told apart, and every place where one must not turn up.

`run` uses each kind on the real engine with every log at its highest level, and keeps what was
written anywhere; `hits` searches it.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.provider.resource import pickled
from tests.harness.engine_project import EngineError, EngineProject
from tests.harness.provider_process import ProviderError, flow_inputs, new_provider_process
from tests.harness.sign_in import APPLICATION, AUTH_METHODS, SUBJECT, principal, token_of
from tests.harness.telemetry_receiver import receiver

_SECRET = "c4n4ry-client-secret-6b1e"
_PASSWORD = "c4n4ry-certificate-password-0d52"
_DEFINITION = "c4n4ry-account-key-93fa=="
_SIGNATURE = "c4n4ry-signature-77c0"
# What no rule can tell by its looks: the program alone says that it is secret.
_WORDS = "c4n4ry-plain-words-51ce"
_SECURE = "c4n4ry-secure-default-8d20"
_HEADER = "c4n4ry-header-key-2b97"
_BASIC = "c4n4ry-basic-password-e4f1"
_VALUE = "c4n4ry-variable-value-066a"


@dataclass
class Found:
    """The texts that were written, by place, and the canaries by kind."""

    sinks: dict[str, str] = field(default_factory=dict)
    canaries: dict[str, list[str]] = field(default_factory=dict)

    def hits(self) -> list[tuple[str, str]]:
        """Each sink and kind of canary that were found together."""
        return [
            (sink, kind)
            for sink, text in self.sinks.items()
            for kind, secrets in self.canaries.items()
            for secret in secrets
            if any(spelling in text for spelling in _spellings(secret))
        ]


def _spellings(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode().rstrip("=")[:-1],
        raw.hex(),
    }


def definition() -> dict[str, Any]:
    """A flow that carries a connection string and the address that starts another flow."""
    return {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
        "2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": {
            "Recurrence": {
                "type": "Recurrence",
                "recurrence": {"frequency": "Hour", "interval": 1},
            }
        },
        "parameters": {"pw": {"type": "SecureString", "defaultValue": _SECURE}},
        "actions": {
            "Words": {"type": "Compose", "inputs": f"the door opens to {_WORDS}", "runAfter": {}},
            "Store": {
                "type": "Compose",
                "inputs": "DefaultEndpointsProtocol=https;AccountName=contoso;"
                f"AccountKey={_DEFINITION};EndpointSuffix=core.windows.net",
                "runAfter": {},
            },
            "Start": {
                "type": "Http",
                "inputs": {
                    "method": "POST",
                    "uri": "https://prod-01.westeurope.logic.azure.com/workflows/1/triggers/manual/"
                    f"paths/invoke?api-version=2016-06-01&sig={_SIGNATURE}",
                    "headers": {"x-api-key": _HEADER},
                    "authentication": {"type": "Basic", "username": "me", "password": _BASIC},
                },
                "runAfter": {},
            },
        },
    }


def _program() -> None:
    powerautomate.CloudFlow("flow", definition=pulumi.Output.secret(json.dumps(definition())))
    powerautomate.EnvironmentVariableValue(
        "variable", schema_name="contoso_door", value=pulumi.Output.secret(_VALUE)
    )


def _ways(emulator: Emulator, folder: Path, found: Found) -> Iterator[tuple[str, dict[str, str]]]:
    """A way of signing in for each kind of credential."""
    kinds = found.canaries
    emulator.control.sign_in.application(APPLICATION, secrets=[_SECRET])
    kinds["client secret"] = [_SECRET]
    yield "secret", principal(emulator, ARM_CLIENT_SECRET=_SECRET)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.harness.sign_in.PASSWORD", _PASSWORD)
        values = AUTH_METHODS["certificate-pem-value"](emulator, folder)
    lines = values["ARM_CLIENT_CERTIFICATE"].splitlines()
    kinds["private key"] = [lines[3], lines[9]]
    kinds["certificate password"] = [_PASSWORD]
    yield "certificate", {**values, "ARM_CLIENT_CERTIFICATE_PASSWORD": _PASSWORD}
    values = AUTH_METHODS["oidc-token"](emulator, folder)
    kinds["assertion"] = [values["ARM_OIDC_TOKEN"], values["ARM_OIDC_TOKEN"].split(".")[2]]
    yield "assertion", values
    values = AUTH_METHODS["oidc-github"](emulator, folder)
    kinds["request token"] = [values["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]]
    yield "request-token", values
    token = token_of(emulator)
    kinds["ready token"] = [token, token.split(".")[2]]
    yield "ready-token", {**_where(values), "POWERAUTOMATE_ACCESS_TOKEN": token}
    kinds["connection string"] = [_DEFINITION]
    kinds["callback signature"] = [_SIGNATURE]
    kinds["secret definition"] = [_WORDS, _SECURE, _HEADER, _BASIC]
    kinds["secret value"] = [_VALUE]


def _where(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name.startswith("POWERAUTOMATE_")}


def run(emulator: Emulator, folder: Path) -> Found:
    """Use every canary, and gather what was written."""
    found = Found()
    emulator.control.insert(
        "environmentvariabledefinitions",
        {"schemaname": "contoso_door", "displayname": "Door", "type": 100000000},
    )
    for name, environ in _ways(emulator, folder, found):
        place = folder / name
        place.mkdir()
        with receiver() as collected:
            traced = {
                "PULUMI_POWERAUTOMATE_OTEL": "1",
                "OTEL_EXPORTER_OTLP_ENDPOINT": collected.endpoint,
            }
            _engine(emulator, place, name, {**environ, **traced}, found)
        found.sinks[f"spans, {name}"] = collected.raw.decode("latin-1")
    _crash(emulator, folder, found)
    _command_line(emulator, folder, found)
    found.sinks["pickle"] = base64.b64decode(pickled(CloudFlowProvider)).decode("latin-1")
    control = emulator.control
    journals = [control.commits(), control.requests(), control.sign_in.requests()]
    found.sinks["journal of the emulator"] = json.dumps(journals)
    return found


def _engine(
    emulator: Emulator, folder: Path, name: str, environ: dict[str, str], found: Found
) -> None:
    log = folder / "wire.log"
    project = EngineProject(
        folder,
        emulator,
        environment={
            **environ,
            "PULUMI_POWERAUTOMATE_LOG": str(log),
            "PULUMI_POWERAUTOMATE_TRACEBACK": "1",
        },
    )
    printed = project.up(_program, log_verbosity=9, log_flow=True, log_to_std_err=True, debug=True)
    assert "DEBUG > POST" in printed, "our own lines are not among the engine's"
    if name == "secret":
        printed += project.preview(diff=True)
        printed += project.refresh()
        # A refusal in the middle of it, so that there is an error to print.
        emulator.control.fault(method="PATCH", path="workflows", do="status", status=500, times=9)
        with contextlib.suppress(EngineError):
            printed += project.destroy()
        emulator.control.clear_faults()
    with contextlib.suppress(EngineError):
        printed += project.destroy()
    found.sinks[f"engine output, {name}"] = "\n".join(
        line for line in printed.splitlines() if not _is_trace_of_the_engine(line)
    )
    found.sinks[f"state, {name}"] = "\n".join(_texts(folder / "state"))
    found.sinks[f"wire log, {name}"] = log.read_text("utf-8")
    assert "workflows" in found.sinks[f"wire log, {name}"]


def _is_trace_of_the_engine(line: str) -> bool:
    """Pulumi's own trace of the values it passes on, which it shows in clear at this level."""
    return re.search(r'"msg":"(Unm|M)arshaling property', line) is not None


def _texts(folder: Path) -> Iterator[str]:
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            raw = file.read_bytes()
            yield (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("utf-8", "replace")


def _crash(emulator: Emulator, folder: Path, found: Found) -> None:
    """The output of a provider process when it fails and when it is killed."""
    environ = principal(emulator, ARM_CLIENT_SECRET=_SECRET, PULUMI_POWERAUTOMATE_TRACEBACK="1")
    emulator.control.fault(path="workflows", do="reset", times=99)
    with new_provider_process(environ) as process:
        inputs = process.check(flow_inputs("crash", definition())).inputs
        try:
            process.create(inputs)
        except ProviderError as error:
            found.sinks["traceback"] = str(error)
        process.kill()
        output, complaint = process.process.communicate()
    found.sinks["crash"] = (output + complaint).decode("utf-8", "replace")
    found.sinks.setdefault("traceback", "")
    emulator.control.clear_faults()


def _command_line(emulator: Emulator, folder: Path, found: Found) -> None:
    """The output of the command line, when it works and when it does not."""
    good = principal(emulator, ARM_CLIENT_SECRET=_SECRET)
    for name, environ in {
        "works": good,
        "wrong secret": {**good, "ARM_TENANT_ID": SUBJECT.replace("/", "-").replace(":", "-")},
    }.items():
        for arguments in (["doctor"], ["doctor", "--json"], ["export", "ContosoAutomation"]):
            done = subprocess.run(
                [sys.executable, "-m", "pulumi_powerautomate.cli", *arguments],
                cwd=folder,
                env={**os.environ, **environ, "PULUMI_POWERAUTOMATE_LOG": "debug"},
                capture_output=True,
                text=True,
                check=False,
            )
            found.sinks[f"command line {arguments}, {name}"] = done.stdout + done.stderr

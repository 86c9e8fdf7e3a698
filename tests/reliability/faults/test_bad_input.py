"""Scenarios 29 and 32 to 34: packages, definitions and names that are not what they seem."""

from __future__ import annotations

import json
import resource
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.solution import read_package
from tests.harness.bad_packages import BAD
from tests.harness.definitions import hourly, mailing
from tests.harness.engine_project import EngineError, EngineProject
from tests.harness.operations import check, create
from tests.harness.provider_process import ProviderProcess, flow_inputs


@pytest.mark.parametrize("name", sorted(BAD))
def test_scenario_29_bad_packages(tmp_path: Path, name: str) -> None:
    """One line before any request, whatever is wrong with the zip."""
    make, expected = BAD[name]
    with pytest.raises(InvalidInputError) as refused:
        read_package(make(tmp_path / "package.zip"))
    assert expected in str(refused.value)


def test_scenario_29_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Two hundred megabytes of zeros, a thousandfold: memory grows by less than 30 MB."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customizations.xml", bytes(200_000_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidInputError, match="bomb"):
        read_package(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        '{"triggers": NaN}',
        '{"triggers": {}, "actions": {"a": {"type": "Compose", "inputs": [1e999]}}}',
        '{"triggers": {}, "triggers": {}}',
        '{"actions":' * 10_000 + "1" + "}" * 10_000,
        '{"triggers": {"a": "\\ud800"}}',
        "[1, 2]",
        '"text"',
        "",
        "\x00",
    ],
    ids=[
        "words",
        "nan",
        "infinite",
        "twice",
        "deep",
        "surrogate",
        "list",
        "string",
        "empty",
        "nul",
    ],
)
def test_scenario_32_malformed_definition(
    provider: ProviderProcess, emulator: Emulator, text: str
) -> None:
    """A check failure on one line, no crash, and no request."""
    failures = provider.check(flow_inputs("Bad", text)).failures
    assert failures
    assert not any("\n" in line or "internal error" in line for line in failures)
    assert emulator.control.requests() == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=80))
def test_scenario_32_any_text(provider: ProviderProcess, text: str) -> None:
    """Whatever a definition is, the check answers."""
    for line in provider.check(flow_inputs("Any", text)).failures:
        assert "internal error" not in line


@pytest.mark.parametrize("stored", ["{", "[]", '{"properties":{}}', "NaN"])
def test_scenario_32_stored_document_is_malformed(
    provider: ProviderProcess, emulator: Emulator, stored: str
) -> None:
    """A document that nobody can read shows as drift, and an update puts it right."""
    flow_id, news, outputs = create(provider, flow_inputs("Flow", hourly(), state="off"))
    emulator.control.patch("workflows", flow_id, {"clientdata": stored})
    _, after, live = provider.read(flow_id, outputs)
    assert live is not None
    assert provider.diff(flow_id, after, news).changes
    provider.update(flow_id, after, news)
    assert "Hello" in emulator.control.row("workflows", flow_id)["clientdata"]


_NAMES = ["Café", "Cafe\u0301", "🙂 flow", "שלום", 'O\'Hara; "x"', "定数", "a\u200bb", "<&>"]


@pytest.mark.parametrize("name", _NAMES)
def test_scenario_33_names_and_texts(provider: ProviderProcess, name: str) -> None:
    """Kept to the byte, and no second difference."""
    flow_id, news, outputs = create(
        provider, {**flow_inputs("Unicode", hourly(name), state="off"), "name": name}
    )
    _, after, live = provider.read(flow_id, outputs)
    assert live is None
    assert after["name"] == name
    assert not provider.diff(flow_id, after, news).changes


def test_scenario_33_half_a_character(provider: ProviderProcess, emulator: Emulator) -> None:
    """A lone surrogate cannot be stored, and is a check failure."""
    bad = json.dumps(hourly("\ud83d"))
    assert provider.check(flow_inputs("Half", bad)).failures
    assert emulator.control.requests() == []


def test_scenario_33_half_a_character_in_a_name(project: EngineProject, emulator: Emulator) -> None:
    """In any other input too: one line that names it, and no traceback."""

    def program() -> None:
        powerautomate.CloudFlow("flow", definition=hourly(), description="\ud83d")

    with pytest.raises(EngineError, match="description holds half of a character") as failed:
        project.preview(program)
    assert "Traceback" not in str(failed.value)
    assert emulator.control.requests() == []


@pytest.mark.parametrize("mode", ["none", "designer", "alphabetical"])
def test_scenario_34_server_normalises(
    provider: ProviderProcess, emulator: Emulator, mode: str
) -> None:
    """Another order of keys and added defaults are no change."""
    emulator.control.switches(normalise_clientdata=mode)
    references = {"shared_office365": "contoso_mail"}
    inputs = flow_inputs("Mail", mailing(), connection_references=references, state="off")
    flow_id, news, outputs = create(provider, inputs)
    emulator.control.patch("workflows", flow_id, {"triggeronupdateattributelist": "x"})
    _, after, live = provider.read(flow_id, outputs)
    assert live is None
    assert not provider.diff(flow_id, after, check(provider, inputs, news)).changes

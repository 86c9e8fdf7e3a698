"""Changes by hand between two runs."""

from __future__ import annotations

import json

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.operations import create, update
from tests.harness.provider_process import ProviderError, ProviderProcess, flow_inputs


def test_scenario_20_edit_of_a_managed_column(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """It is a conflict that names the column and writes nothing."""
    made = create(provider, flow_inputs("Mine", hourly(), state="off"))
    emulator.control.patch("workflows", made.id, {"name": "Theirs"})
    before = emulator.control.row("workflows", made.id)
    with pytest.raises(ProviderError, match="somebody changed its name"):
        update(provider, made, flow_inputs("Mine", hourly("Bye"), state="off"))
    assert emulator.control.row("workflows", made.id) == before


def test_scenario_20_overwritten_when_asked_for(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """With `on_conflict="overwrite"` the declaration wins, and a warning names the column."""
    more = {"state": "off", "on_conflict": "overwrite"}
    made = create(provider, flow_inputs("Mine", hourly(), **more))
    emulator.control.patch("workflows", made.id, {"description": "Theirs", "name": "Theirs"})
    update(provider, made, flow_inputs("Ours", hourly("Bye"), **more))
    stored = emulator.control.row("workflows", made.id)
    assert (stored["name"], "Bye" in stored["clientdata"]) == ("Ours", True)
    warnings = [text for _, text, _ in provider.log if "overwritten" in text]
    assert len(warnings) == 1
    assert "name" in warnings[0]


@pytest.mark.parametrize(("ours", "theirs"), [("on", "off"), ("off", "on")])
def test_scenario_20_turned_by_hand_with_the_very_text(
    provider: ProviderProcess, emulator: Emulator, ours: str, theirs: str
) -> None:
    """Somebody wrote what the program is about to write, and turned the flow on or off besides."""
    made = create(provider, flow_inputs("Mine", hourly(), state=ours, description="Old"))
    columns = {"off": (0, 1), "on": (1, 2)}[theirs]
    emulator.control.patch(
        "workflows",
        made.id,
        {"description": "New", "statecode": columns[0], "statuscode": columns[1]},
    )
    with pytest.raises(ProviderError, match="somebody changed its state"):
        update(provider, made, flow_inputs("Mine", hourly(), state=ours, description="New"))
    assert emulator.control.row("workflows", made.id)["statecode"] == columns[0]


def test_scenario_20_overwritten_in_all_columns(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """
    A column that the program itself leaves as it is is put right as well, of a flow that is on.
    """
    more = {"on_conflict": "overwrite"}
    made = create(provider, flow_inputs("Mine", hourly(), description="Old", **more))
    theirs = emulator.control.row("workflows", made.id)["clientdata"].replace("Hello", "Theirs")
    emulator.control.patch("workflows", made.id, {"clientdata": theirs, "name": "Theirs"})
    made = update(provider, made, flow_inputs("Mine", hourly(), description="New", **more))
    stored = emulator.control.row("workflows", made.id)
    assert (stored["name"], stored["description"], stored["statecode"]) == ("Mine", "New", 1)
    assert '"Hello"' in stored["clientdata"]
    assert made.outputs["etag"] == f'W/"{stored["versionnumber"]}"'
    assert any("definition, name" in text for _, text, _ in provider.log)


def test_scenario_21_edit_of_an_unmanaged_column(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """The update succeeds, and the foreign edit stays."""
    made = create(provider, flow_inputs("Mine", hourly(), state="off"))
    emulator.control.patch("workflows", made.id, {"description": "Theirs"})
    update(provider, made, flow_inputs("Mine", hourly("Bye"), state="off"))
    stored = emulator.control.row("workflows", made.id)
    assert (stored["description"], "Bye" in stored["clientdata"]) == ("Theirs", True)


@pytest.mark.parametrize("state", ["on", "off"])
def test_scenario_21_edit_of_the_stored_document(
    provider: ProviderProcess, emulator: Emulator, state: str
) -> None:
    """
    A member that a program cannot declare stays in the document through this update and the next
    one.
    """
    made = create(provider, flow_inputs("Mine", hourly(), state=state))
    document = json.loads(emulator.control.row("workflows", made.id)["clientdata"])
    document["properties"]["summary"] = "Theirs"
    emulator.control.patch("workflows", made.id, {"clientdata": json.dumps(document)})
    for text in ("Bye", "Hello"):
        made = update(provider, made, flow_inputs("Mine", hourly(text), state=state))
        stored = emulator.control.row("workflows", made.id)["clientdata"]
        assert json.loads(stored)["properties"]["summary"] == "Theirs"
        assert f'"{text}"' in stored

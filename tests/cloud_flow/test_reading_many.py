"""Reading many flows, as a refresh does: in one list, and never a stale answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.provider_process import ProviderProcess, flow_inputs, provider_process

_FLOWS = 6
_DRAFTS = "RetrieveUnpublishedMultiple"
Made = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def provider(emulator: Emulator) -> Iterator[ProviderProcess]:
    """A provider process signed in to the emulator."""
    with provider_process(emulator.environment) as process:
        yield process


def made(provider: ProviderProcess, emulator: Emulator, count: int, **more: Any) -> Made:
    """Flows that were created; what was sent for that is forgotten."""
    found = []
    for number in range(count):
        inputs = flow_inputs(f"Flow {number}", hourly(), **more)
        found.append(provider.create(provider.check(inputs).inputs))
    emulator.control.clear_journal()
    return found


def sent(emulator: Emulator) -> list[str]:
    """Paths without keys; the list of drafts, which is one for each round, is left out."""
    found = [item["path"].partition("(")[0] for item in emulator.control.requests()]
    emulator.control.clear_journal()
    assert sum(_DRAFTS in path for path in found) <= 1
    return [path for path in found if _DRAFTS not in path]


def read_all(provider: ProviderProcess, flows: Made) -> list[str]:
    """Reads each; returns the names of those that are not as declared."""
    drifted = []
    for flow_id, outputs in flows:
        found, after, live = provider.read(flow_id, outputs)
        if not found or live is not None:
            drifted.append(outputs["name"])
        else:
            assert after == outputs
    return drifted


def test_unchanged_flows_are_one_list(provider: ProviderProcess, emulator: Emulator) -> None:
    """The first is read by itself, the list answers for all others, and nothing is lost."""
    flows = made(provider, emulator, _FLOWS)
    assert read_all(provider, flows) == []
    first, drafts, versions = emulator.control.requests()
    assert first["path"].startswith("workflows(")
    assert _DRAFTS in drafts["path"]
    assert "clientdata" not in versions["query"]


def test_single_read_is_one_request(provider: ProviderProcess, emulator: Emulator) -> None:
    """Who looks at one flow lists no versions."""
    flows = made(provider, emulator, 1)
    assert read_all(provider, flows) == []
    assert len(sent(emulator)) == 1


def test_members_of_a_solution_are_one_list(provider: ProviderProcess, emulator: Emulator) -> None:
    """Flows of one solution take one request more, not one each."""
    flows = made(provider, emulator, _FLOWS, solution="ContosoAutomation")
    assert read_all(provider, flows) == []
    assert sorted(sent(emulator)) == ["solutioncomponents", "workflows", "workflows"]


@pytest.mark.parametrize("moment", ["before the first", "between two rounds"])
def test_changed_flow_is_seen(provider: ProviderProcess, emulator: Emulator, moment: str) -> None:
    """Whatever somebody changed before a refresh began is read whole; the rest is not."""
    flows = made(provider, emulator, _FLOWS)
    if moment == "between two rounds":
        assert read_all(provider, flows) == []
    emulator.control.patch("workflows", flows[3][0], {"name": "Theirs"})
    emulator.control.delete("workflows", flows[4][0])
    emulator.control.clear_journal()
    assert read_all(provider, flows) == ["Flow 3", "Flow 4"]
    assert len(sent(emulator)) == 4


def test_change_during_a_refresh_is_seen_by_the_next(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A response from the list is given once: the next round asks again."""
    flows = made(provider, emulator, _FLOWS)
    assert read_all(provider, flows[:4]) == []
    emulator.control.patch("workflows", flows[5][0], {"statecode": 0, "statuscode": 1})
    read_all(provider, flows[4:])
    assert read_all(provider, flows) == ["Flow 5"]


def test_own_write_is_seen(provider: ProviderProcess, emulator: Emulator) -> None:
    """A flow that this process changed after the list was read is read whole."""
    flows = made(provider, emulator, _FLOWS)
    read_all(provider, flows[:3])
    flow_id, outputs = flows[4]
    news = provider.check(flow_inputs("Flow 4", hourly("Bye")), outputs).inputs
    flows[4] = (flow_id, provider.update(flow_id, outputs, news))
    assert read_all(provider, flows[3:]) == []


def test_flow_that_could_not_be_turned_on_is_read_whole(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """Its version says that nothing changed, and it is not as declared all the same."""
    emulator.control.fault(method="PATCH", path="workflows", do="status", status=403, times=2)
    flows = made(provider, emulator, 3)
    assert read_all(provider, flows) == ["Flow 0", "Flow 1"]


def test_flow_out_of_its_solution_is_seen(provider: ProviderProcess, emulator: Emulator) -> None:
    """Being taken out of a solution leaves the row's version as it was."""
    flows = made(provider, emulator, 3, solution="ContosoAutomation")
    rows = emulator.control.rows("solutioncomponents")
    (member,) = [row for row in rows if row["objectid"] == flows[1][0]]
    emulator.control.delete("solutioncomponents", member["solutioncomponentid"])
    assert read_all(provider, flows) == ["Flow 1"]


@pytest.mark.parametrize("table", ["workflows", "solutioncomponents"])
def test_refused_lists_fall_back(provider: ProviderProcess, emulator: Emulator, table: str) -> None:
    """Where a list is refused it is asked for once, and each flow is read by itself."""
    flows = made(provider, emulator, 4, solution="ContosoAutomation")
    listing = {"workflows": "workflows$", "solutioncomponents": "solutioncomponents$"}[table]
    emulator.control.fault(method="GET", path=listing, do="status", status=403, times=1)
    assert read_all(provider, flows) == []
    assert sent(emulator).count("workflows") == (5 if table == "workflows" else 2)

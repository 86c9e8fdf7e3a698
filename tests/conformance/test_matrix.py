"""Each value of each switch is found by the switch's probe, asked of an emulator that has it."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_powerautomate.conformance.probes import PROBES
from pulumi_powerautomate.conformance.sender import Sender
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.emulator.switches import SWITCHES
from tests.harness.conformance_run import client_of, run
from tests.harness.emulator_api import ALICE

_MB = 1024 * 1024
# Numbers have two values each, and what a run needs to find them.
NUMBERS: dict[str, dict[Any, dict[str, Any]]] = {
    "max_request_bytes": {128 * _MB: {"upload_bytes": 160 * _MB}, _MB: {}},
    "max_solution_bytes": {0: {"upload_bytes": _MB}, 128 * 1024: {"upload_bytes": _MB}},
    "import_seconds": {1.0: {}, 2.0: {}},
    "read_lag_seconds": {0.0: {}, 1.5: {}},
    "fresh_environment_403_seconds": {0.0: {}, 3.0: {}},
}
# No request makes a draft, unless turning a flow off leaves one.
NEEDED: dict[str, dict[str, Any]] = {"draft_blocks_update": {"turning_off_opens_draft": "on"}}
PROBE_OF = {probe.switch: probe for probe in PROBES if probe.switch}


def _cells() -> list[tuple[str, Any, dict[str, Any]]]:
    cells: list[tuple[str, Any, dict[str, Any]]] = []
    for switch, (allowed, _, _) in SWITCHES.items():
        if isinstance(allowed, type):
            cells += [(switch, value, options) for value, options in NUMBERS[switch].items()]
        else:
            cells += [(switch, value, {}) for value in allowed]
    return cells


def give_roles_through_a_team_alone(emulator: Emulator) -> None:
    """Alice leaves her role and joins a team that has one."""
    role = "roles(0e6a3b61-0000-4000-8000-000000000052)"
    team, crm = "teams(0e6a3b61-0000-4000-8000-000000000021)", "Microsoft.Dynamics.CRM."
    person = {"@odata.type": f"{crm}systemuser", "systemuserid": ALICE}
    client = client_of(emulator)
    try:
        sender = Sender(client.transport, 2)
        path = f"systemusers({ALICE})/systemuserroles_association/$ref?$id={role}"
        assert sender.send("leave", "DELETE", path).ok
        path = f"{team}/{crm}AddMembersTeam"
        assert sender.send("join", "POST", path, {"Members": [person]}).ok
    finally:
        client.close()


@pytest.mark.parametrize(("switch", "value", "options"), _cells(), ids=str)
def test_probe_finds_the_value(
    emulator: Emulator, switch: str, value: Any, options: dict[str, Any]
) -> None:
    """The answer is the value, and nothing of the run is left."""
    emulator.control.switches(**{switch: value}, **NEEDED.get(switch, {}))
    if switch == "user_privileges":
        give_roles_through_a_team_alone(emulator)
    done = run(emulator, PROBE_OF[switch].name, **options)
    (finding,) = done.findings
    assert (finding.outcome, finding.answer.value) == ("decided", value), finding.answer.remark
    assert type(finding.answer.value) is type(value)
    assert not done.left


def test_no_cell_is_missing() -> None:
    """Every allowed value; two for each number, the default among them."""
    cells = {(switch, value) for switch, value, _ in _cells()}
    for switch, (allowed, default, _) in SWITCHES.items():
        wanted = {(switch, value) for value in (() if isinstance(allowed, type) else allowed)}
        assert wanted <= cells
        assert (switch, default) in cells
        assert len([cell for cell in cells if cell[0] == switch]) >= 2


# What the emulator cannot show as it is, and what a probe says then.
UNDECIDED = {
    "masks-in-use": "no flow of the environment is shared",
    "count": "5,000 are needed",
    "retry-after": "the run met no limit",
    "largest-body": "no body up to 4194304 bytes was refused",
    "restricted-solution": "never asked",
    "bulk-delete": "never asked",
    "changing-definitions": "never asked",
    "group-team": "never asked",
    "past-a-draft": "opened no draft",
    "state-of-a-draft": "opened no draft",
    "publish-while-on": "opened no draft",
    "privileges-of-teams": "no user has roles through teams alone",
}


def test_emulator_answers_as_the_table_says(emulator: Emulator) -> None:
    """Every question of the table, asked of an emulator with its defaults."""
    done = run(emulator)
    assert len(done.findings) == len(PROBES) >= 60
    for finding in done.findings:
        name = finding.probe.name
        if name in UNDECIDED:
            assert finding.outcome == "undecided"
            assert UNDECIDED[name] in finding.answer.remark
        else:
            told = f"{name}: {finding.outcome}, {finding.answer}"
            assert finding.answer.value == finding.probe.expected, told


def test_what_cannot_be_decided_is_said(emulator: Emulator) -> None:
    """An import that is over at once shows no lock; a flow that stays off shows no answer."""
    emulator.control.switches(import_seconds=0)
    (lock,) = run(emulator, "import-lock").findings
    assert (lock.outcome, lock.answer.value) == ("undecided", None)
    assert "the first was over already" in lock.answer.remark
    (asleep,) = run(emulator, "change-while-on", activate=False).findings
    assert (asleep.outcome, asleep.answer.value) == ("not asked", None)
    assert "--activate" in asleep.answer.remark


def test_limit_that_a_run_meets_is_an_answer(emulator: Emulator) -> None:
    """The wait that a 429 asks for is kept, and carried out."""
    emulator.control.switches(limits="on")
    emulator.control.limits(requests=6, window=2)
    done = run(emulator, "missing-row", "retry-after")
    assert [finding.answer.value for finding in done.findings] == [
        "404 0x80040217",
        "429 0x80072322, Retry-After in seconds",
    ]

"""
Histories of shares: single ones on one flow, the whole list of another.

Between `up`s people grant, change and revoke by hand; answers get lost, and processes crash.
"""

from __future__ import annotations

import copy
import random
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from pulumi_powerautomate.provider.resource import pickled
from tests.harness.provider_process import ProviderProcess
from tests.reliability.histories.engine import Engine, Program, misbehave

_SINGLE = "11111111-1111-4111-8111-111111111111"
_WHOLE = "22222222-2222-4222-8222-222222222222"
# Nobody declares anything about it.
_FOREIGN = "33333333-3333-4333-8333-333333333333"
_PEOPLE = (
    {"type": "user", "id": "0e6a3b61-0000-4000-8000-000000000011"},
    {"type": "user", "email": "bob@contoso.com"},
    {"type": "team", "name": "On-call"},
    {"type": "team", "id": "0e6a3b61-0000-4000-8000-000000000021"},
)
_IDS = {
    "0e6a3b61-0000-4000-8000-000000000011": "systemuser",
    "0e6a3b61-0000-4000-8000-000000000012": "systemuser",
    "0e6a3b61-0000-4000-8000-000000000022": "team",
    "0e6a3b61-0000-4000-8000-000000000021": "team",
}
_MASKS = {"read": 1, "write": 2, "append": 4, "delete": 65536}
_PATHS = "Access|batch|principalobject|systemusers|teams"
_IDENTITY = "o/urn:pulumi:dev::demo::pulumi-python:dynamic/powerautomate:"


def start(emulator: Emulator) -> ProviderProcess:
    """A provider process for histories."""
    return ProviderProcess(emulator.environment, provider=FlowShareProvider)


def history(
    seed: int, emulator: Emulator, provider: ProviderProcess
) -> tuple[ProviderProcess, list[str]]:
    """Run one history; returns the provider process to go on with, and what ended wrong."""
    chance = random.Random(seed)
    emulator.control.reset()
    for flow_id in (_SINGLE, _WHOLE, _FOREIGN):
        emulator.control.insert("workflows", {"workflowid": flow_id, "name": "f", "category": 5})
    _insert(emulator, _FOREIGN, next(iter(_IDS)), 1)
    singles, lists = Engine(emulator, provider), Engine(emulator, _for_lists(provider))
    declared: Program = {}
    whole: Program = {}
    for _ in range(chance.randint(2, 5)):
        _edit_program(chance, declared, whole)
        _edit_by_hand(chance, emulator)
        misbehave(chance, emulator, _PATHS)
        before = copy.deepcopy((singles.state, lists.state))
        singles.up(copy.deepcopy(declared))
        lists.up(copy.deepcopy(whole))
        emulator.control.clear_faults()
        if chance.random() < 0.3:
            # A crash: nothing of this run was recorded, and whoever runs it repeats the command.
            singles.state, lists.state = before
            singles.provider.close()
            singles.provider = start(emulator)
            lists.provider = _for_lists(singles.provider)
            singles.up(copy.deepcopy(declared))
            lists.up(copy.deepcopy(whole))
    failed: list[str] = []
    for _ in range(2):
        singles.refresh()
        lists.refresh()
        failed = singles.up(copy.deepcopy(declared)) + lists.up(copy.deepcopy(whole))
    return singles.provider, failed + _problems(emulator, declared, whole)


def _for_lists(provider: ProviderProcess) -> ProviderProcess:
    """The same process, asked for the other kind of resource."""
    other = ProviderProcess.__new__(ProviderProcess)
    other.__dict__ = {**provider.__dict__, "_provider": pickled(FlowSharesExclusiveProvider)}
    return other


def _edit_program(chance: random.Random, declared: Program, whole: Program) -> None:
    for number, who in enumerate(_PEOPLE):
        dice = chance.random()
        if dice < 0.3:
            declared.pop(f"s{number}", None)
        elif dice < 0.8:
            declared[f"s{number}"] = {
                "flow_id": _SINGLE,
                "principal": who,
                "access": _rights(chance),
                "on_conflict": "overwrite",
                "__identity": f"{_IDENTITY}FlowShare::s{number}",
            }
    whole["all"] = {
        "flow_id": _WHOLE,
        "shares": [
            {"principal": who, "access": _rights(chance)}
            for who in _PEOPLE
            if chance.random() < 0.5
        ],
        "on_conflict": "overwrite",
        "__identity": f"{_IDENTITY}FlowSharesExclusive::all",
    }


def _rights(chance: random.Random) -> list[str]:
    return chance.sample(sorted(_MASKS), chance.randint(1, 3))


def _edit_by_hand(chance: random.Random, emulator: Emulator) -> None:
    rows = emulator.control.rows("principalobjectaccessset")
    for row in rows:
        dice = chance.random()
        if row["objectid"] == _FOREIGN or dice > 0.4:
            continue
        if dice < 0.2:
            emulator.control.delete("principalobjectaccessset", row["principalobjectaccessid"])
        else:
            mask = sum(_MASKS[right] for right in _rights(chance))
            emulator.control.patch(
                "principalobjectaccessset",
                row["principalobjectaccessid"],
                {"accessrightsmask": mask},
            )
    if chance.random() < 0.5:
        principal = chance.choice(sorted(_IDS))
        if not any((row["objectid"], row["principalid"]) == (_WHOLE, principal) for row in rows):
            _insert(emulator, _WHOLE, principal, 3)


def _insert(emulator: Emulator, flow_id: str, principal: str, mask: int) -> None:
    emulator.control.insert(
        "principalobjectaccessset",
        {
            "objectid": flow_id,
            "objecttypecode": "workflow",
            "principalid": principal,
            "principaltypecode": _IDS[principal],
            "accessrightsmask": mask,
        },
    )


def _problems(emulator: Emulator, declared: Program, whole: Program) -> list[str]:
    wanted: dict[tuple[str, str], int] = {(_FOREIGN, next(iter(_IDS))): 1}
    shares = [(_SINGLE, item["principal"], item["access"]) for item in declared.values()] + [
        (_WHOLE, item["principal"], item["access"]) for item in whole["all"]["shares"]
    ]
    for flow_id, principal, access in shares:
        wanted[flow_id, _id_of(principal)] = sum(_MASKS[right] for right in access)
    there = {
        (row["objectid"], row["principalid"]): row["accessrightsmask"]
        for row in emulator.control.rows("principalobjectaccessset")
    }
    return [
        f"{key}: {there.get(key)} instead of {wanted.get(key)}"
        for key in sorted(wanted.keys() | there.keys())
        if wanted.get(key) != there.get(key)
    ]


def _id_of(principal: dict[str, Any]) -> str:
    return str(
        principal.get("id")
        or {
            "bob@contoso.com": "0e6a3b61-0000-4000-8000-000000000012",
            "On-call": "0e6a3b61-0000-4000-8000-000000000022",
        }[principal.get("email") or principal["name"]]
    )

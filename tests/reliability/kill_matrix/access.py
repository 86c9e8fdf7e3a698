"""Shares in the kill matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.reliability.kill_matrix.kind import Kind, Outputs, Rows, Writes, gone

ALICE = "0e6a3b61-0000-4000-8000-000000000011"
BOB = "0e6a3b61-0000-4000-8000-000000000012"
CAROL = "0e6a3b61-0000-4000-8000-000000000013"
# Flows that shares are about; nobody declares them.
_SHARED = {
    "share": "5a000000-0000-4000-8000-000000000001",
    "list": "5a000000-0000-4000-8000-000000000002",
    "other list": "5a000000-0000-4000-8000-000000000003",
}
_MASKS = {"read": 1, "write": 2}


class Share(Kind):
    """One share."""

    name, resource = "FlowShare", "share"
    read = "RetrieveSharedPrincipalsAndAccess|principalobjectaccessset"
    writes: ClassVar[Writes] = {
        "create": (("POST", "GrantAccess"),),
        "update": (("POST", "ModifyAccess"),),
        "delete": (("POST", "RevokeAccess"),),
        "replace": (("POST", "RevokeAccess"), ("POST", "GrantAccess")),
    }

    def is_of_other(self, table: str, row: Mapping[str, Any]) -> bool:
        return row.get("objectid") == _SHARED["share"] and row.get("principalid") == BOB

    def seed(self, emulator: Emulator) -> None:
        for flow_id in _SHARED.values():
            emulator.control.insert("workflows", {"workflowid": flow_id, "name": "shared",
                                                  "category": 5})  # fmt: skip

    def declare(self, stage: str, hook: str) -> None:
        powerautomate.FlowShare(
            self.resource,
            flow_id=_SHARED["share"],
            principal=powerautomate.user(BOB if stage == "other" else ALICE),
            access=_rights(stage),
            on_conflict="overwrite",
        )

    def edit_by_hand(self, emulator: Emulator) -> None:
        _give_every_right(emulator, _SHARED["share"])

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        found = _masks(rows, _SHARED["share"])
        if stage is None:
            return gone(found, kept)
        wanted = {BOB if stage == "other" else ALICE: _mask(stage)}
        seen = (kept or {}).get("access"), (kept or {}).get("principal_id")
        wrong = [f"server has {found}, declared is {wanted}"] if found != wanted else []
        if seen != (_rights(stage), next(iter(wanted))) or "share_error" in (kept or {}):
            wrong.append(f"state has {kept}")
        return wrong


class ShareList(Kind):
    """The whole list of a flow's shares."""

    name, resource = "FlowSharesExclusive", "list"
    read = Share.read
    writes: ClassVar[Writes] = {
        "create": (("POST", "GrantAccess"), ("POST", "GrantAccess")),
        "update": (("POST", "ModifyAccess"), ("POST", "ModifyAccess")),
        "delete": (("POST", "RevokeAccess"), ("POST", "RevokeAccess")),
        "replace": (("POST", "RevokeAccess"), ("POST", "GrantAccess")),
    }

    def is_of_other(self, table: str, row: Mapping[str, Any]) -> bool:
        return row.get("objectid") == _SHARED["other list"]

    def declare(self, stage: str, hook: str) -> None:
        powerautomate.FlowSharesExclusive(
            self.resource,
            flow_id=_SHARED["other list" if stage == "other" else "list"],
            shares=[
                {"principal": powerautomate.user(person), "access": _rights(stage)}
                for person in self._people(hook)
            ],
            on_conflict="overwrite",
        )

    def _people(self, hook: str) -> tuple[str, ...]:
        return (ALICE,) if hook == "replace" else (ALICE, CAROL)

    def edit_by_hand(self, emulator: Emulator) -> None:
        _give_every_right(emulator, _SHARED["list"])

    def problems(self, stage: str | None, hook: str, rows: Rows, kept: Outputs | None) -> list[str]:
        lists = {name: _masks(rows, _SHARED[name]) for name in ("list", "other list")}
        wanted: dict[str, dict[str, int]] = {"list": {}, "other list": {}}
        if stage is not None:
            name = "other list" if stage == "other" else "list"
            wanted[name] = {person: _mask(stage) for person in self._people(hook)}
        wrong = [f"server has {lists}, declared is {wanted}"] if lists != wanted else []
        if stage is None:
            return wrong + ([f"state still has {kept}"] if kept is not None else [])
        shares = {f"user {person}": _rights(stage) for person in self._people(hook)}
        if kept is None or kept.get("shares") != shares or "share_error" in kept:
            wrong.append(f"state has {kept}")
        return wrong


def _rights(stage: str) -> list[powerautomate.Access]:
    rights: dict[str, list[powerautomate.Access]] = {"new": ["read", "write"], "third": ["write"]}
    return rights.get(stage, ["read"])


def _mask(stage: str) -> int:
    return sum(_MASKS[right] for right in _rights(stage))


def _masks(rows: Rows, flow_id: str) -> dict[str, int]:
    return {row["principalid"]: row["accessrightsmask"] for row in rows("principalobjectaccessset")
            if row["objectid"] == flow_id and row["accessrightsmask"]}  # fmt: skip


def _give_every_right(emulator: Emulator, flow_id: str) -> None:
    for row in emulator.control.rows("principalobjectaccessset"):
        if row["objectid"] == flow_id:
            emulator.control.patch(
                "principalobjectaccessset",
                row["principalobjectaccessid"],
                {"accessrightsmask": 524288},
            )

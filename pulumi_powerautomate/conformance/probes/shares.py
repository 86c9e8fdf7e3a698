"""Sharing: where a share exists, where none does, and with whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, by_refusal, undecided

_TEAM = frozenset({"team"})
_MADE = ("a flow", "a team with a role, once")


def _mask(found: Exchanges) -> str | None:
    shares = found["shares"].member("PrincipalAccesses")
    if not isinstance(shares, list):
        return None
    return str(shares[0].get("AccessMask", "")) if shares else ""


def _grant_twice(lab: Lab) -> None:
    flow = lab.flow()
    lab.need(lab.share("first", "GrantAccess", flow, "ReadAccess"), "sharing with our own team")
    lab.share("second", "GrantAccess", flow, "WriteAccess")
    lab.shares("shares", flow)


def _added(found: Exchanges) -> Answer:
    mask = _mask(found)
    if not mask:
        return undecided("the share was not listed")
    return Answer("or" if {"ReadAccess", "WriteAccess"} <= set(mask.split(", ")) else "replace")


def _modify_nothing(lab: Lab) -> None:
    flow = lab.flow()
    lab.share("modify", "ModifyAccess", flow, "ReadAccess")
    lab.shares("shares", flow)


def _came_of_it(found: Exchanges) -> Answer:
    if not found["modify"].ok:
        return Answer("refuse", found["modify"].refusal)
    return Answer("create") if _mask(found) else undecided("it was accepted, and no share came")


def _revoke_nothing(lab: Lab) -> None:
    lab.share("revoke", "RevokeAccess", lab.flow(), "")


def _refused_or_not(found: Exchanges) -> Answer:
    answer = found["revoke"]
    return Answer("succeed") if answer.ok else Answer("refuse", answer.refusal)


def _grant_nobody(lab: Lab) -> None:
    lab.share("grant", "GrantAccess", lab.flow(), "ReadAccess", str(uuid.uuid4()))


def _grant_none(lab: Lab) -> None:
    flow = lab.flow()
    lab.need(lab.share("first", "GrantAccess", flow, "ReadAccess"), "sharing with our own team")
    lab.share("second", "GrantAccess", flow, "None")
    lab.shares("shares", flow)


def _unchanged(found: Exchanges) -> Answer:
    mask = _mask(found)
    if not found["second"].ok:
        return Answer(found["second"].refusal)
    return Answer("no change" if mask == "ReadAccess" else "the share is gone")


def _grant_backwards(lab: Lab) -> None:
    flow = lab.flow()
    lab.need(
        lab.share("grant", "GrantAccess", flow, "ShareAccess,WriteAccess,ReadAccess"),
        "sharing with our own team",
    )
    lab.shares("shares", flow)


def _mask_as_read(found: Exchanges) -> Answer:
    mask = _mask(found)
    return Answer(mask) if mask else undecided("the share was not listed")


def _principal_as_read(found: Exchanges) -> Answer:
    shares = found["shares"].member("PrincipalAccesses")
    if not shares:
        return undecided("the share was not listed")
    principal = shares[0].get("Principal") or {}
    keys = sorted(set(principal) - {"@odata.type"})
    return Answer(f"{principal.get('@odata.type')} {' '.join(keys)}")


def _masks_in_use(lab: Lab) -> None:
    # Which there are, and not how many of each.
    apply = "filter(objecttypecode eq 'workflow')/groupby((accessrightsmask))"
    lab.send("read", "GET", f"principalobjectaccessset?$apply={apply}")


def _which_masks(found: Exchanges) -> Answer:
    answer = found["read"]
    if not answer.ok:
        return undecided(f"answered with {answer.refusal}")
    masks = sorted({int(row.get("accessrightsmask") or 0) for row in answer.rows} - {0})
    if not masks:
        return undecided("no flow of the environment is shared")
    return Answer(", ".join(map(str, masks)), "masks of all shared flows, the portal's among them")


def _status(values: dict[str, str | int | float]) -> Callable[[Exchanges], Answer]:
    return by_refusal("grant", values)


PROBES = (
    # Before anything of the run is shared.
    Probe("masks-in-use", "Which masks do shares of flows have, the portal's among them?",
          ("client:masks of the portal",), None, _masks_in_use, _which_masks, 1),
    Probe("second-grant", "What does GrantAccess do where a share exists?",
          ("switch:grant_existing",), "or", _grant_twice, _added, 4, _MADE, _TEAM),
    Probe("modify-nothing", "What does ModifyAccess do where no share exists?",
          ("switch:modify_without_share",), "create", _modify_nothing, _came_of_it, 3, _MADE,
          _TEAM),
    Probe("revoke-nothing", "What does RevokeAccess do where no share exists?",
          ("switch:revoke_without_share",), "succeed", _revoke_nothing, _refused_or_not, 2, _MADE,
          _TEAM),
    Probe("unknown-principal", "Which status has GrantAccess for somebody who does not exist?",
          ("switch:unknown_principal",), 404, _grant_nobody,
          _status({"404": 404, "400": 400}), 2, ("a flow",)),
    Probe("grant-of-none", "What does GrantAccess of `None` do where a share exists?",
          ("client:grant of None",), "no change", _grant_none, _unchanged, 4, _MADE, _TEAM),
    Probe("mask-as-read", "In which order are the rights of a share read?",
          ("client:order of rights",), "ReadAccess, WriteAccess, ShareAccess", _grant_backwards,
          _mask_as_read, 3, _MADE, _TEAM),
    Probe("principal-as-read", "How is the principal of a share named?",
          ("client:principal of a share",), "#Microsoft.Dynamics.CRM.team ownerid",
          _grant_backwards, _principal_as_read, 0, (), _TEAM),
)  # fmt: skip

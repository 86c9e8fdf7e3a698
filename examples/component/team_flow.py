"""A component: a flow that a team owns, shared the same way everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

import pulumi_powerautomate as powerautomate


class TeamFlow(pulumi.ComponentResource):
    """
    A flow that a team owns, that its on-call team may change, and that others may run.

    Args:
        name: the component's name, and the flow's.
        definition: the flow.
        owning_team: name of the team that owns it.
        on_call: name of the team that may change it.
        run_by: e-mail addresses of those who may run it.
        opts: Pulumi's resource options; a provider is handed on to what is inside.
    """

    def __init__(
        self,
        name: str,
        definition: Mapping[str, Any],
        *,
        owning_team: str,
        on_call: str,
        run_by: Sequence[str] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("contoso:flows:TeamFlow", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        self.flow = powerautomate.CloudFlow(
            name,
            definition=definition,
            owner=powerautomate.team(owning_team),
            solution="ContosoAutomation",
            opts=inside,
        )
        shares: list[powerautomate.ShareDeclaration] = [
            {"principal": powerautomate.team(on_call), "access": ["co-owner"]}
        ]
        shares += [
            {"principal": powerautomate.user(email=address), "access": ["run-only"]}
            for address in run_by
        ]
        powerautomate.FlowSharesExclusive(name, flow_id=self.flow.id, shares=shares, opts=inside)
        self.register_outputs({"flow": self.flow.id})

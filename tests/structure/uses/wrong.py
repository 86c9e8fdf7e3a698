"""
Uses of which a type checker has to find each; checked by `test_types.py`, never run.

mypy and pyright each report an error on every line with a `type: ignore`, and on no other. The
comments are needed, and not one too many, for `make check` too.
"""

from __future__ import annotations

import pulumi_powerautomate as powerautomate

ID = "00000000-0000-4000-8000-000000000001"
ALICE = powerautomate.user(email="alice@contoso.com")

powerautomate.CloudFlow("no definition")  # type: ignore[call-arg]
powerautomate.CloudFlow("no definition", state="on")  # type: ignore[call-arg]
powerautomate.CloudFlow("state", definition={}, state="active")  # type: ignore[arg-type]
powerautomate.CloudFlow("input", definition={}, display_name="x")  # type: ignore[call-arg]
powerautomate.CloudFlow("definition", definition=42)  # type: ignore[arg-type]
powerautomate.CloudFlow("conflict", definition={}, on_conflict="replace")  # type: ignore[arg-type]
powerautomate.CloudFlow("options", {"protect": True}, definition={})  # type: ignore[arg-type]
powerautomate.CloudFlow("owner", definition={}, owner="alice@contoso.com")  # type: ignore[arg-type]
powerautomate.CloudFlow(
    "nested key",
    definition={},
    connection_references={"mail": {"logicalname": "contoso_mail"}},  # type: ignore[dict-item]
)
powerautomate.CloudFlow(
    "nested value",
    definition={},
    connection_references={"mail": {"id": "x", "source": "maker"}},  # type: ignore[dict-item]
)

powerautomate.FlowShare("1", flow_id=ID, principal=ALICE, access="edit")  # type: ignore[arg-type]
powerautomate.FlowShare("2", flow_id=ID, principal=ALICE, access=["reed"])  # type: ignore[list-item]
powerautomate.FlowShare("no right", flow_id=ID, principal=ALICE)  # type: ignore[call-arg]
powerautomate.FlowShare("3", flow_id=ID, principal=ID, access="read")  # type: ignore[arg-type]
powerautomate.FlowSharesExclusive(
    "nested key",
    flow_id=ID,
    shares=[
        {"principal": ALICE, "rights": ["read"]},  # type: ignore[list-item]
    ],
)
powerautomate.FlowSharesExclusive(
    "nested value",
    flow_id=ID,
    shares=[
        {"principal": ALICE, "access": ["reed"]},  # type: ignore[list-item]
    ],
)
powerautomate.FlowSharesExclusive(
    "nested principal",
    flow_id=ID,
    shares=[
        {"principal": {"type": "group"}, "access": "read"},  # type: ignore[list-item]
    ],
)
powerautomate.team(email="team@contoso.com")  # type: ignore[call-arg]

powerautomate.SolutionImport("mode", package="s.zip", mode="replace")  # type: ignore[arg-type]
powerautomate.SolutionImport("no package")  # type: ignore[call-arg]
powerautomate.get_flows(state="active")  # type: ignore[arg-type]
name = powerautomate.get_flow(ID)["display_name"]  # type: ignore[misc]
output = powerautomate.CloudFlow.get("seen", ID).nme  # type: ignore[attr-defined]
misspelt = powerautomate.CloudFlwo  # type: ignore[attr-defined]

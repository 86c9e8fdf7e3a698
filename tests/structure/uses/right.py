"""Uses that type checkers have nothing to say about; checked by `test_types.py`, never run."""

from __future__ import annotations

from pathlib import Path

import pulumi

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator

DEFINITION = powerautomate.read_definition("flow.json")
LATER: pulumi.Output[str] = pulumi.Output.from_input("later")

flow = powerautomate.CloudFlow("plain", definition=DEFINITION)
powerautomate.CloudFlow("text", definition='{"triggers": {}}', state="off", ignore=["FLOW303"])
powerautomate.CloudFlow("output", definition=LATER, name=LATER, description=None)
powerautomate.CloudFlow("options", pulumi.ResourceOptions(protect=True), definition=DEFINITION)
powerautomate.CloudFlow(
    "connections",
    definition=DEFINITION,
    owner=powerautomate.user(email="alice@contoso.com"),
    connection_references={
        "name": "contoso_office365",
        "output": LATER,
        "reference": {"logical_name": LATER, "runtime_source": "invoker"},
        "connection": {"connection_name": LATER, "source": "Embedded"},
    },
)
seen = powerautomate.CloudFlow.get("seen", flow.id)
pulumi.export("state", seen.current_state.apply(str.upper))

powerautomate.FlowShare(
    "role", flow_id=flow.id, principal=powerautomate.team("On-call"), access="co-owner"
)
powerautomate.FlowShare(
    "rights", flow_id=LATER, principal=powerautomate.user(LATER), access=["read", "WriteAccess"]
)
rights: list[powerautomate.Access] = ["read"]
rights.append("write")
shares: list[powerautomate.ShareDeclaration] = [
    {"principal": powerautomate.team(name=name), "access": rights} for name in ("One", "Two")
]
shares.append({"principal": {"type": "user", "email": LATER}, "access": ["run-only"]})
powerautomate.FlowSharesExclusive("list", flow_id=flow.id, shares=shares, on_conflict="overwrite")

imported = powerautomate.SolutionImport(
    "import",
    package=Path("contoso.zip"),
    mode="upgrade",
    connections={"contoso_office365": LATER},
    settings={"EnvironmentVariables": []},
)
reference = powerautomate.ConnectionReference(
    "mail", logical_name="contoso_mail", connector="shared_office365", connection_id=LATER
)
powerautomate.EnvironmentVariableValue("url", schema_name="contoso_url", value=LATER)

found = powerautomate.get_flow("00000000-0000-4000-8000-000000000001")
name: str = found["name"]
listed: list[str] = [item["id"] for item in powerautomate.get_flows(state="on")]
version: pulumi.Output[str] = imported.version

with Emulator(seed={"workflows": []}) as emulator:
    emulator.control.fault(method="POST", path="workflows", status=503, times=1)
    rows: int = len(emulator.control.rows("workflows"))

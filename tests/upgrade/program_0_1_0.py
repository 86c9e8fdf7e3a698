"""The program whose state release 0.1.0 has left behind: a resource of every kind."""

from __future__ import annotations

from pathlib import Path

import pulumi

import pulumi_powerautomate as powerautomate
from tests.harness.definitions import hourly, mailing
from tests.harness.packages import FlowPart, package

_ALICE = "0e6a3b61-0000-4000-8000-000000000011"
_BOB = "0e6a3b61-0000-4000-8000-000000000012"


def packages(folder: Path) -> None:
    """Write the packages that the program imports; their bytes are the same every time."""
    for text, name, version in (("Hello", "one", "1.0.0.0"), ("Bye", "two", "1.0.1.0")):
        package(
            folder / f"{name}.zip",
            FlowPart(definition=hourly(text)),
            managed=True,
            version=version,
            references={"contoso_sql": "shared_sql"},
            variables={"contoso_recipient": "ops@contoso.com"},
        )


def program(folder: Path, url: str, *, later: bool = False) -> None:
    """Declare everything; `later` changes an input of each resource."""
    text = "Bye" if later else "Hello"
    rights: list[powerautomate.Access] = ["read"] if later else ["read", "write"]
    reference = powerautomate.ConnectionReference(
        "mail",
        logical_name="contoso_office365",
        connector="shared_office365",
        connection_id="shared-office365-2" if later else "shared-office365-1",
    )
    active = powerautomate.CloudFlow(
        "active",
        pulumi.ResourceOptions(depends_on=[reference]),
        definition=mailing("it@contoso.com" if later else "ops@contoso.com"),
        connection_references={"shared_office365": "contoso_office365"},
    )
    draft = powerautomate.CloudFlow(
        "draft",
        name="A draft",
        description=f"says {text}",
        definition=hourly(text),
        state="off",
        solution="ContosoAutomation",
        owner=powerautomate.user(_ALICE),
    )
    powerautomate.FlowShare(
        "active-bob", flow_id=active.id, principal=powerautomate.user(_BOB), access=rights
    )
    powerautomate.FlowSharesExclusive(
        "draft-shares",
        flow_id=draft.id,
        shares=[{"principal": powerautomate.team("On-call"), "access": rights}],
    )
    imported = powerautomate.SolutionImport(
        "contoso",
        package=str(folder / ("two.zip" if later else "one.zip")),
        connection_references={"contoso_sql": "shared-sql-1"},
    )
    powerautomate.EnvironmentVariableValue(
        "recipient",
        pulumi.ResourceOptions(depends_on=[imported]),
        schema_name="contoso_recipient",
        value="it@contoso.com" if later else "desk@contoso.com",
    )
    explicit = powerautomate.Provider("explicit", environment_url=url, access_token="emulator")
    powerautomate.CloudFlow(
        "elsewhere", pulumi.ResourceOptions(provider=explicit), definition=hourly(text)
    )

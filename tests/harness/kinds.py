"""One resource of each kind: its inputs by variant, and how a test sees its row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.connection_reference import ConnectionReferenceProvider
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.environment_variable_value import EnvironmentVariableValueProvider
from pulumi_powerautomate.flow_share import FlowShareProvider
from pulumi_powerautomate.flow_shares_exclusive import FlowSharesExclusiveProvider
from pulumi_powerautomate.publisher import PublisherProvider
from pulumi_powerautomate.unmanaged_solution import SolutionProvider
from tests.harness.definitions import hourly
from tests.harness.provider_process import IDENTITY, flow_inputs

FLOW = "c0000000-0000-4000-8000-000000000001"
DEFINITION = "c0000000-0000-4000-8000-000000000002"
ALICE = "0e6a3b61-0000-4000-8000-000000000011"
BOB = "0e6a3b61-0000-4000-8000-000000000012"
CAROL = "0e6a3b61-0000-4000-8000-000000000013"
TEAM = "0e6a3b61-0000-4000-8000-000000000021"
FIRST, SECOND = "ContosoAutomation", "SecondAutomation"
CANARY = "canary-of-a-variable"


Inputs = Callable[[str], dict[str, Any]]
Look = Callable[[Emulator], list[str]]


@dataclass(frozen=True)
class Case:
    """One kind of resource: its provider, its inputs by variant, and how a test sees its row."""

    provider: type
    inputs: Inputs
    there: Look
    path: str
    """Of the request that carries out an update."""
    method: str = "POST"


def flow(variant: str) -> dict[str, Any]:
    """A flow with a chosen id; the variant is its name."""
    inputs = flow_inputs(variant, hourly(), state="off", workflow_id=FLOW, on_conflict="fail")
    return {**inputs, "__identity": f"{IDENTITY}kept"}


def reference(variant: str) -> dict[str, Any]:
    """A connection reference; the variant is its connection."""
    return {"logical_name": "contoso_mail", "connector": "shared_office365",
            "connection_id": variant}  # fmt: skip


def variable(variant: str) -> dict[str, Any]:
    """The value of an environment variable; the variant is in it."""
    return {"schema_name": "contoso_url", "value": f"{CANARY} {variant}"}


def publisher(variant: str) -> dict[str, Any]:
    """A publisher; the variant is its description."""
    return {"unique_name": "fabrikam", "prefix": "fab", "description": variant}


def solution(variant: str) -> dict[str, Any]:
    """A solution; the variant is its description."""
    return {"unique_name": "FabrikamFlows", "publisher": "contoso", "description": variant}


def share(variant: str) -> dict[str, Any]:
    """The share of the flow with one user; the variant says which rights."""
    return {"flow_id": FLOW, "principal": {"type": "user", "email": "alice@contoso.com"},
            "access": _ACCESS[variant]}  # fmt: skip


def share_list(variant: str) -> dict[str, Any]:
    """The same share as the only one in a list of all."""
    share = {"principal": {"type": "user", "id": ALICE}, "access": _ACCESS[variant]}
    return {"flow_id": FLOW, "shares": [share]}


_ACCESS = {"one": ["read"], "two": ["read", "write"], "three": ["read", "share"]}
_MASKS = {1: "one", 3: "two", 262145: "three"}


def _column(entity_set: str, name: str) -> Look:
    def look(emulator: Emulator) -> list[str]:
        rows = [row for row in emulator.control.rows(entity_set) if row[name] is not None]
        values = [str(row[name]) for row in rows]
        return [value.removeprefix(f"{CANARY} ") for value in values]

    return look


def masks(emulator: Emulator) -> list[str]:
    """The variants of the rights of every share that is there."""
    rows = emulator.control.rows("principalobjectaccessset")
    return [_MASKS[row["accessrightsmask"]] for row in rows]


CASES = {
    "CloudFlow": Case(CloudFlowProvider, flow, _column("workflows", "name"), "workflows", "PATCH"),
    "ConnectionReference": Case(
        ConnectionReferenceProvider,
        reference,
        _column("connectionreferences", "connectionid"),
        "connectionreferences",
        "PATCH",
    ),
    "EnvironmentVariableValue": Case(
        EnvironmentVariableValueProvider,
        variable,
        _column("environmentvariablevalues", "value"),
        "environmentvariablevalues",
        "PATCH",
    ),
    "Publisher": Case(
        PublisherProvider, publisher, _column("publishers", "description"), "publishers", "PATCH"
    ),
    "Solution": Case(
        SolutionProvider, solution, _column("solutions", "description"), "solutions", "PATCH"
    ),
    "FlowShare": Case(FlowShareProvider, share, masks, "Access"),
    "FlowSharesExclusive": Case(FlowSharesExclusiveProvider, share_list, masks, "Access"),
}
# Of the kinds whose create may be in the state although nothing was made: which look comes first.
LOOKED_AT = {
    "CloudFlow": ("workflows", 1),
    "ConnectionReference": ("connectionreferences", 2),
    "EnvironmentVariableValue": ("environmentvariabledefinitions", 2),
    "Publisher": ("publishers", 2),
    "Solution": ("solutions", 2),
}


def define_variable(emulator: Emulator) -> None:
    """Define the environment variable, without a value."""
    row = {"environmentvariabledefinitionid": DEFINITION, "schemaname": "contoso_url"}
    emulator.control.insert("environmentvariabledefinitions", row)


def states(emulator: Emulator) -> list[str]:
    """The states of all flows."""
    return ["off" if row["statecode"] == 0 else "on" for row in emulator.control.rows("workflows")]


def second_solution(emulator: Emulator) -> None:
    """Make a further solution."""
    publisher = emulator.control.rows("publishers")[0]["publisherid"]
    row = {"uniquename": SECOND, "friendlyname": "Second", "version": "1.0.0.0"}
    emulator.control.insert("solutions", {**row, "_publisherid_value": publisher})


def solutions_of(emulator: Emulator) -> set[str]:
    """The solutions that the flow is in, of those that people made."""
    rows = emulator.control.rows("solutions")
    names = {row["solutionid"]: row["uniquename"] for row in rows}
    members = emulator.control.rows("solutioncomponents")
    found = {names[row["_solutionid_value"]] for row in members if row["objectid"] == FLOW}
    return found & {FIRST, SECOND}

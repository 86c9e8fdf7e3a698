"""
The resources of the package, in one table.

Everything that lists resources derives from here: the privileges that `doctor` asks for,
and the groups of a report. Names of privileges: "Workflow (process) entity privileges" and
"Privileges by message" (Microsoft Learn); case does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

_SHARING = ("prvReadWorkflow", "prvShareWorkflow", "prvReadUser", "prvReadTeam")


@dataclass(frozen=True)
class ResourceKind:
    """
    A kind of resource.

    Attributes:
        name: name of its class.
        group: heading of a report under which it is listed.
        privileges: privileges that managing it takes.
    """

    name: str
    group: str
    privileges: tuple[str, ...]


RESOURCES = (
    ResourceKind(
        "CloudFlow",
        "Flows",
        (
            "prvCreateWorkflow",
            "prvReadWorkflow",
            "prvWriteWorkflow",
            "prvDeleteWorkflow",
            "prvAssignWorkflow",
        ),
    ),
    ResourceKind("FlowShare", "Shares", _SHARING),
    ResourceKind("FlowSharesExclusive", "Shares", _SHARING),
    ResourceKind(
        "SolutionImport",
        "Solutions",
        (
            "prvImportCustomization",
            "prvReadSolution",
            "prvCreateWorkflow",
            "prvReadWorkflow",
            "prvWriteWorkflow",
            "prvDeleteSolution",
        ),
    ),
    ResourceKind(
        "Publisher",
        "Solutions",
        ("prvCreatePublisher", "prvReadPublisher", "prvWritePublisher", "prvDeletePublisher"),
    ),
    ResourceKind(
        "Solution",
        "Solutions",
        (
            "prvCreateSolution",
            "prvReadSolution",
            "prvWriteSolution",
            "prvDeleteSolution",
            "prvReadPublisher",
        ),
    ),
    ResourceKind(
        "SolutionComponent",
        "Solutions",
        ("prvReadSolution", "prvWriteSolution"),
    ),
    ResourceKind(
        "ConnectionReference",
        "Bindings",
        (
            "prvCreateconnectionreference",
            "prvReadconnectionreference",
            "prvWriteconnectionreference",
            "prvDeleteconnectionreference",
        ),
    ),
    ResourceKind(
        "EnvironmentVariableValue",
        "Bindings",
        (
            "prvReadEnvironmentVariableDefinition",
            "prvCreateEnvironmentVariableValue",
            "prvReadEnvironmentVariableValue",
            "prvWriteEnvironmentVariableValue",
            "prvDeleteEnvironmentVariableValue",
        ),
    ),
)
GROUPS = tuple(dict.fromkeys(kind.group for kind in RESOURCES))

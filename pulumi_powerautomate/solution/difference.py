"""
Differences of two solution packages: of themselves, and of each flow in them.

Two folders of flows are compared in the same way, as packages that hold nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..flow import Change, FlowVersion, compare
from ..flow.difference.masking import without_secrets
from ..flow.difference.triggers import kind_in_words
from ..flow.difference.wording import counted, listed, shown
from .contents import PackageContents
from .package import SolutionPackage, Variable

_MOST_PARTS = 5


@dataclass(frozen=True)
class FlowDifference:
    """
    A flow that differs.

    Attributes:
        id: the flow's id, or its path in a folder.
        name: the display name of the newer version, or of the older one when there is none.
        before: the older version; None for a flow that is added.
        after: the newer version; None for a flow that is removed.
        changes: what differs between them; one change for a flow that is added or removed.
    """

    id: str
    name: str
    before: FlowVersion | None
    after: FlowVersion | None
    changes: list[Change]


@dataclass(frozen=True)
class PackageDifference:
    """
    The difference between two packages.

    Attributes:
        changes: those of the solution, its connection references, variables and other parts.
        flows: those of its flows, in the order of the newer package, removed ones first.
    """

    changes: list[Change] = field(default_factory=list)
    flows: list[FlowDifference] = field(default_factory=list)

    @property
    def all(self) -> list[Change]:
        """Every change, the most severe first."""
        found = [*self.changes, *(change for flow in self.flows for change in flow.changes)]
        return sorted(found, key=lambda change: change.rank)

    def __bool__(self) -> bool:
        return bool(self.changes or self.flows)


def compare_packages(before: PackageContents, after: PackageContents) -> PackageDifference:
    """Every difference of two packages; their flows are matched by id."""
    changes = [
        *_solution(before.package, after.package),
        *_references(before.package, after.package),
        *_variables(before.package.variables, after.package.variables),
        *_parts(before.parts, after.parts),
    ]
    return PackageDifference(
        sorted(changes, key=lambda change: change.rank),
        compare_flows(before.flows, after.flows),
    )


def compare_flows(
    before: Mapping[str, FlowVersion], after: Mapping[str, FlowVersion]
) -> list[FlowDifference]:
    """The flows that differ, by id or path."""
    found = []
    for key, was in before.items():
        if key not in after:
            name = _name(key, was)
            change = Change("flow-removed", _path(name), name, None,
                            f"The flow {shown(name)} is removed.")  # fmt: skip
            found.append(FlowDifference(key, name, was, None, [change]))
    for key, now in after.items():
        name = _name(key, now)
        if key not in before:
            change = Change("flow-added", _path(name), None, name,
                            f"The flow {shown(name)} is added{summary(now)}.")  # fmt: skip
            found.append(FlowDifference(key, name, None, now, [change]))
        elif changes := compare(before[key], now):
            found.append(FlowDifference(key, name, before[key], now, changes))
    return found


def summary(version: FlowVersion) -> str:
    """` (3 actions, started by a schedule, every day, on)`: what a new flow is."""
    from ..flow import outline, triggers_of, walk

    number = sum(1 for _ in walk(outline(version.definition)))
    parts = [counted(number, "action")]
    parts += [f"started by {kind_in_words(t)}" for t in triggers_of(version.definition).values()]
    if version.row.get("state"):
        parts.append(str(version.row["state"]))
    return f" ({', '.join(parts)})"


def _name(key: str, version: FlowVersion) -> str:
    return str(version.row.get("name") or key)


def _path(name: str) -> str:
    return f"flows.{name}"


def _solution(before: SolutionPackage, after: SolutionPackage) -> Iterator[Change]:
    if before.unique_name != after.unique_name:
        yield Change("solution-changed", "solution", before.unique_name, after.unique_name,
                     f"These are two solutions: {before.unique_name} and {after.unique_name}."
                     )  # fmt: skip
    if before.managed != after.managed:
        now = "managed" if after.managed else "unmanaged"
        yield Change("managed-changed", "managed", before.managed, after.managed,
                     f"The package is {now} now.")  # fmt: skip
    if before.version != after.version:
        yield Change("version-changed", "version", before.version, after.version,
                     f"Solution {after.unique_name} goes from version {before.version} to "
                     f"{after.version}.")  # fmt: skip


def _references(before: SolutionPackage, after: SolutionPackage) -> Iterator[Change]:
    old, new = before.connection_references, after.connection_references
    for name in {**old, **new}:
        path = f"connectionReferences.{name}"
        was, now = old.get(name), new.get(name)
        if was is None:
            yield Change("reference-added", path, None, now,
                         f"The connection reference {name} is added, for {now}.")  # fmt: skip
        elif now is None:
            yield Change("reference-removed", path, was, None,
                         f"The connection reference {name} is removed.")  # fmt: skip
        elif was.lower() != now.lower():
            yield Change("reference-changed", path, was, now,
                         f"The connection reference {name} is for {now} instead of {was}."
                         )  # fmt: skip


def _variables(
    before: Mapping[str, Variable], after: Mapping[str, Variable]
) -> Iterator[Change]:  # fmt: skip
    for name in {**before, **after}:
        path = f"environmentVariables.{name}"
        was, now = before.get(name), after.get(name)
        if now is None:
            yield Change("variable-removed", path, None, None,
                         f"The environment variable {name} is removed.")  # fmt: skip
        elif was is None:
            needed = now.required and now.default is None and now.value is None
            more = "; it needs a value" if needed else ""
            yield Change("variable-added", path, None, None,
                         f"The environment variable {name} ({now.type}) is added{more}."
                         )  # fmt: skip
        else:
            for member in ("type", "required", "default", "value"):
                old, new = (_shown(item, member, name) for item in (was, now))
                if getattr(was, member) != getattr(now, member):
                    said = f"{shown(old)} → {shown(new)}" if old != new else "changes (not shown)"
                    yield Change("variable-changed", f"{path}.{member}", old, new,
                                 f"Environment variable {name}, {member}: {said}.")  # fmt: skip


def _shown(variable: Variable, member: str, name: str) -> Any:
    value = getattr(variable, member)
    if member not in ("default", "value"):
        return value
    return without_secrets(value, name, variable.type == "secret")


def _parts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    groups = (
        ("added", [name for name in after if name not in before]),
        ("removed", [name for name in before if name not in after]),
        ("different", [name for name in after if before.get(name, after[name]) != after[name]]),
    )
    for what, names in groups:
        # What variables say is told already.
        told = sorted(
            n for n in names if not n.lower().startswith("environmentvariabledefinitions/")
        )
        if told:
            some = [shown(name) for name in told[:_MOST_PARTS]]
            if len(told) > _MOST_PARTS:
                some.append(f"{len(told) - _MOST_PARTS} more")
            is_are = "is" if len(told) == 1 else "are"
            yield Change("part-changed", "", None, None,
                         f"{counted(len(told), 'other part')} {is_are} {what}: {listed(some)}."
                         )  # fmt: skip

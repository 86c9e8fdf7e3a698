"""
The effects of importing, upgrading and uninstalling a solution on an environment.

What becomes of each component is in `solution_components`.

Source: ImportSolution and its relatives in the Web API reference, and the error table of the
platform.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

from .. import cascade
from ..environment import Environment
from ..flows.rules import children_of
from ..request import Caller
from ..store import Row
from ..tables import Table
from .arrival import VALUE_COMPONENT, VARIABLE_COMPONENT, Arrival, Result
from .components import CONNECTION_REFERENCE_COMPONENT, WORKFLOW_COMPONENT
from .package import Package

HOLDING = "_Upgrade"
_MODELLED = {
    WORKFLOW_COMPONENT,
    CONNECTION_REFERENCE_COMPONENT,
    VARIABLE_COMPONENT,
    VALUE_COMPONENT,
}


@dataclass
class Failed(Exception):
    """An import that did not go through, with what there is to say about it."""

    code: str
    text: str
    results: list[Result] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.text)


def check_start(environment: Environment, package: Package, holding: bool) -> None:
    """Stop an import that cannot succeed, as far as the manifest tells."""
    name = package.unique_name
    installed = environment.store.find("solution", uniquename=name)
    if not name.replace("_", "").isalnum():
        raise Failed("0x8004F002", f"The solution unique name '{name}' is invalid.")
    if not all(part.isdigit() for part in package.version.split(".")):
        raise Failed("0x8004F01E", f"The solution version '{package.version}' is invalid.")
    if holding and (installed is None or not package.managed):
        raise Failed("0x8004F046", f"There is no managed solution '{name}' to upgrade.")
    if holding and environment.store.find("solution", uniquename=name + HOLDING):
        raise Failed("0x8004853C", f"An upgrade of the solution '{name}' is already staged.")
    if installed is not None and package.managed and not installed["ismanaged"]:
        raise Failed(
            "0x80048040",
            "The solution is already installed on this system as an unmanaged solution and the "
            "package supplied is attempting to install it in managed mode. Import can only update "
            "solutions when the modes match. Uninstall the current solution and try again.",
        )
    if installed is not None and not package.managed and installed["ismanaged"]:
        raise Failed(
            "0x80048041",
            "The solution is already installed on this system as a managed solution and the "
            "package supplied is attempting to install it in unmanaged mode. Import can only "
            "update solutions when the modes match. Uninstall the current solution and try again.",
        )
    if (
        installed is not None
        and package.managed
        and numbers(package.version) < numbers(installed["version"])
    ):
        raise Failed(
            "0x80048541",
            f"The version {package.version} of the solution '{name}' is lower than the installed "
            f"version {installed['version']}.",
        )
    missing = missing_dependencies(environment, package)
    if missing:
        inner = "".join(
            "<MissingDependency><Required "
            + "".join(f"{key}={quoteattr(value)} " for key, value in item.items())
            + "/></MissingDependency>"
            for item in missing
        )
        raise Failed(
            "0x8004801D",
            f"The following solution cannot be imported: {name}. Some dependencies are missing. "
            f"The missing dependencies are : <MissingDependencies>{inner}</MissingDependencies>",
        )


def missing_dependencies(environment: Environment, package: Package) -> list[dict[str, str]]:
    """Required components that are not here; what the emulator does not model counts as here."""
    if environment.switches["required_solutions"] == "open":
        return []
    store = environment.store
    missing = []
    for item in package.required:
        solution = item.get("solution", "").partition(" (")[0]
        if solution in ("Active", "System", ""):
            logical = item.get("id.connectionreferencelogicalname") or item.get("schemaName") or ""
            kinds = {
                "connectionreference": ("connectionreference", "connectionreferencelogicalname"),
                "EnvironmentVariableDefinition": ("environmentvariabledefinition", "schemaname"),
            }
            kind = kinds.get(item.get("type", ""))
            if kind is not None and store.find(kind[0], **{kind[1]: logical}) is None:
                missing.append(item)
        elif store.find("solution", uniquename=solution) is None:
            missing.append(item)
    return missing


def components(package: Package) -> list[tuple[str, str, str]]:
    """Section, id and name of everything that an import goes through, in its order."""
    references = [item["connectionreferencelogicalname"] for item in package.references]
    variables = [item["schemaname"] for item in package.variables]
    return [
        *(("rootComponents", identity, "") for _, identity in package.roots),
        *(("connectionreferences", name, name) for name in references),
        *(("environmentvariabledefinitions", name, name) for name in variables),
        *(("workflows", flow.id, flow.name) for flow in package.flows),
    ]


def apply(
    environment: Environment,
    package: Package,
    package_id: str,
    options: dict[str, Any],
    caller: Caller,
) -> list[Result]:
    """Bring a package into the environment; a component that cannot be imported undoes it all."""
    holding = bool(options.get("HoldingSolution"))
    check_start(environment, package, holding)
    solution = _solution(environment, package, caller, holding)
    arrival = Arrival(
        environment,
        package,
        solution,
        parameters=[item for item in options.get("ComponentParameters") or [] if item],
        overwrite=bool(options.get("OverwriteUnmanagedCustomizations")),
        caller=caller,
    )
    results = [Result("rootComponents", identity, "") for _, identity in package.roots]
    results += [arrival.reference(item) for item in package.references]
    results += [arrival.variable(item) for item in package.variables]
    fresh: list[Row] = []
    for flow in package.flows:
        result, row = arrival.flow(flow)
        results.append(result)
        if row is not None and flow.was_on:
            fresh.append(row)
    if any(result.outcome == "failure" for result in results):
        worst = next(result for result in results if result.outcome == "failure")
        raise Failed(worst.code, worst.text, results)
    arrival.turn_on(fresh)
    for kind, identity in package.roots:
        if kind not in _MODELLED and len(identity) == 36:
            arrival.belongs(identity.lower(), kind)
    environment.store.put("installed", solution["solutionid"], {"package": package_id})
    return results


def promote(environment: Environment, unique_name: str, caller: Caller) -> str:
    """Let a staged upgrade replace its solution: what the new version lacks is removed."""
    base = environment.store.find("solution", uniquename=unique_name)
    staged = environment.store.find("solution", uniquename=unique_name + HOLDING)
    if base is None or staged is None:
        raise Failed("0x8004F046", f"There is no staged upgrade of the solution '{unique_name}'.")
    kept = _component_ids(environment, staged)
    for component in environment.store.select(
        "solutioncomponent", _solutionid_value=base["solutionid"]
    ):
        _leave(environment, component, kept, caller)
    for component in environment.store.select(
        "solutioncomponent", _solutionid_value=staged["solutionid"]
    ):
        table, moved = environment.table("solutioncomponent"), {"solutionid": base["solutionid"]}
        values = {"_solutionid_value": base["solutionid"]}
        environment.change(table, component, values, caller.user_id)
        for table, row in _rows_of(environment, component["objectid"]):
            if row["solutionid"] == staged["solutionid"]:
                environment.change(table, row, moved, caller.user_id)
    installed = environment.store.get("installed", staged["solutionid"])
    if installed is not None:
        environment.store.put("installed", base["solutionid"], installed)
        environment.store.remove("installed", staged["solutionid"])
    environment.store.remove("solution", staged["solutionid"])
    table = environment.table("solution")
    environment.change(table, base, {"version": staged["version"]}, caller.user_id)
    return str(base["solutionid"])


def uninstall(environment: Environment, solution: Row, caller: Caller) -> None:
    """Remove a solution."""
    release(environment, solution, caller)
    environment.remove(environment.table("solution"), solution, caller.user_id)


def release(environment: Environment, solution: Row, caller: Caller) -> None:
    """Remove the memberships of a solution; a managed one takes its components along."""
    if solution["ismanaged"]:
        preventing = dependents(environment, solution)
        if preventing:
            names = ", ".join(str(row["name"]) for row, _ in preventing)
            raise Failed(
                "0x8004F01D",
                f"Solution dependencies exist, cannot uninstall. Dependent components: {names}.",
            )
        for component in environment.store.select(
            "solutioncomponent", _solutionid_value=solution["solutionid"]
        ):
            _leave(environment, component, set(), caller)
    else:
        for component in environment.store.select(
            "solutioncomponent", _solutionid_value=solution["solutionid"]
        ):
            environment.store.remove("solutioncomponent", component["solutioncomponentid"])
    environment.store.remove("installed", solution["solutionid"])


def dependents(environment: Environment, solution: Row) -> list[tuple[Row, str]]:
    """Flows outside a solution that need something inside, with the id of what they need."""
    inside = {
        identity
        for identity in _component_ids(environment, solution)
        if not _held_elsewhere(environment, solution, identity)
    }
    names = {
        row["connectionreferencelogicalname"]: row["connectionreferenceid"]
        for row in environment.store.all("connectionreference")
        if row["connectionreferenceid"] in inside
    }
    found = []
    for row in environment.store.all("workflow"):
        if row["workflowid"] in inside:
            continue
        text = row["clientdata"] or ""
        needed = (children_of(text) & inside) | {
            identity for name, identity in names.items() if f'"{name}"' in text
        }
        found += [(row, identity) for identity in sorted(needed)]
    return found


def numbers(version: str) -> tuple[int, ...]:
    """A version to compare by."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _solution(environment: Environment, package: Package, caller: Caller, holding: bool) -> Row:
    name = package.unique_name + (HOLDING if holding else "")
    values = {
        "friendlyname": package.friendly_name,
        "version": package.version,
        "ismanaged": package.managed,
        "installedon": environment.clock.stamp(),
        "solutionpackageversion": "9.2",
    }
    table = environment.table("solution")
    existing = environment.store.find("solution", uniquename=name)
    if existing is not None:
        return environment.change(table, existing, values, caller.user_id)
    publisher = environment.store.find("publisher", uniquename=package.publisher["uniquename"])
    if publisher is None:
        row = {"publisherid": str(uuid.uuid4()), **package.publisher}
        publisher = environment.insert(environment.table("publisher"), row, caller.user_id)
    return environment.insert(
        table,
        {
            "solutionid": str(uuid.uuid4()),
            "uniquename": name,
            "_publisherid_value": publisher["publisherid"],
            **values,
        },
        caller.user_id,
    )


def _component_ids(environment: Environment, solution: Row) -> set[str]:
    rows = environment.store.select("solutioncomponent", _solutionid_value=solution["solutionid"])
    return {row["objectid"] for row in rows}


def _held_elsewhere(environment: Environment, solution: Row, identity: str) -> bool:
    """Whether another managed solution has a layer of a component, which keeps it in place."""
    for row in environment.store.select("solutioncomponent", objectid=identity):
        other = environment.store.get("solution", str(row["_solutionid_value"]))
        if other is None or other["solutionid"] == solution["solutionid"]:
            continue
        if other["ismanaged"]:
            return True
    return False


def _leave(environment: Environment, component: Row, kept: set[str], caller: Caller) -> None:
    """Take a component out of its solution; without another solution it is deleted."""
    identity = component["objectid"]
    environment.store.remove("solutioncomponent", component["solutioncomponentid"])
    if identity in kept:
        return
    others = environment.store.select("solutioncomponent", objectid=identity)
    for table, row in _rows_of(environment, identity):
        if not others:
            cascade.remove(environment, table, row, caller.user_id)
        elif row["solutionid"] == component["_solutionid_value"]:
            left = {"solutionid": others[-1]["_solutionid_value"]}
            environment.change(table, row, left, caller.user_id)


def _rows_of(environment: Environment, identity: str) -> list[tuple[Table, Row]]:
    """The row of a component, with its table."""
    logical = (
        "workflow",
        "connectionreference",
        "environmentvariabledefinition",
        "environmentvariablevalue",
    )
    found = ((environment.table(name), environment.store.get(name, identity)) for name in logical)
    return [(table, row) for table, row in found if row is not None]

"""
What importing, upgrading and uninstalling a solution does to an environment.

Source: ImportSolution and its relatives in the Web API reference, "Import a solution" for makers
(what becomes of a flow's state and of its connections), and the error table of the platform.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from . import package as packages
from .activation import check_activation
from .answers import Refusal
from .hooks import CONNECTION_REFERENCE_COMPONENT, WORKFLOW_COMPONENT, add_component
from .package import FLOW_NUMBERS, Package
from .service import Caller, Service
from .store import Row
from .workflows import CLOUD_FLOW, children_of, parse_clientdata

HOLDING = "_Upgrade"
_VARIABLE, _VALUE = 380, 381
# The lookup from a value to its definition.
_DEFINITION = "_environmentvariabledefinitionid_value"
_MODELLED = {WORKFLOW_COMPONENT, CONNECTION_REFERENCE_COMPONENT, _VARIABLE, _VALUE}


@dataclass
class Result:
    """What became of one component."""

    section: str
    id: str
    name: str
    outcome: str = "success"
    code: str = "0"
    text: str = ""


@dataclass
class Failed(Exception):
    """An import that did not go through, with what there is to say about it."""

    code: str
    text: str
    results: list[Result] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.text)


def check_start(service: Service, package: Package, holding: bool) -> None:
    """What keeps an import from succeeding, known from the manifest alone."""
    name = package.unique_name
    installed = service.store.find("solution", uniquename=name)
    if not name.replace("_", "").isalnum():
        raise Failed("0x8004F002", f"The solution unique name '{name}' is invalid.")
    if not all(part.isdigit() for part in package.version.split(".")):
        raise Failed("0x8004F01E", f"The solution version '{package.version}' is invalid.")
    if holding and (installed is None or not package.managed):
        raise Failed("0x8004F046", f"There is no managed solution '{name}' to upgrade.")
    if holding and service.store.find("solution", uniquename=name + HOLDING):
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
    missing = missing_dependencies(service, package)
    if missing:
        inner = "".join(
            f'<MissingDependency><Required type="{item.get("type", "")}" '
            f'displayName="{item.get("displayName", "")}" solution="{item.get("solution", "")}" />'
            "</MissingDependency>"
            for item in missing
        )
        raise Failed(
            "0x8004801D",
            f"The following solution cannot be imported: {name}. Some dependencies are missing. "
            f"The missing dependencies are : <MissingDependencies>{inner}</MissingDependencies>",
        )


def missing_dependencies(service: Service, package: Package) -> list[dict[str, str]]:
    """Required components that are not here; what the emulator does not model counts as here."""
    if service.switches["required_solutions"] == "open":
        return []
    store = service.store
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
    service: Service,
    package: Package,
    package_id: str,
    options: dict[str, Any],
    caller: Caller,
) -> list[Result]:
    """Bring a package into the environment; a component that cannot be imported undoes it all."""
    holding = bool(options.get("HoldingSolution"))
    check_start(service, package, holding)
    solution = _solution(service, package, caller, holding)
    parameters = [item for item in options.get("ComponentParameters") or [] if item]
    results = [Result("rootComponents", identity, "") for _, identity in package.roots]
    results += [
        _reference(service, item, package, parameters, solution, caller)
        for item in package.references
    ]
    results += [
        _variable(service, item, package, parameters, solution, caller)
        for item in package.variables
    ]
    overwrite = bool(options.get("OverwriteUnmanagedCustomizations"))
    fresh: list[Row] = []
    for flow in package.flows:
        result, row = _flow(service, flow, package, overwrite, solution, caller)
        results.append(result)
        if row is not None and flow.was_on:
            fresh.append(row)
    if any(result.outcome == "failure" for result in results):
        worst = next(result for result in results if result.outcome == "failure")
        raise Failed(worst.code, worst.text, results)
    _turn_on(service, fresh, caller)
    for kind, identity in package.roots:
        if kind not in _MODELLED and len(identity) == 36:
            add_component(service, solution, identity.lower(), kind, caller.user_id)
    service.store.put("installed", solution["solutionid"], {"package": package_id})
    return results


def promote(service: Service, unique_name: str, caller: Caller) -> str:
    """Let a staged upgrade replace its solution: what the new version lacks is removed."""
    base = service.store.find("solution", uniquename=unique_name)
    staged = service.store.find("solution", uniquename=unique_name + HOLDING)
    if base is None or staged is None:
        raise Failed("0x8004F046", f"There is no staged upgrade of the solution '{unique_name}'.")
    kept = _component_ids(service, staged)
    for component in service.store.select(
        "solutioncomponent", _solutionid_value=base["solutionid"]
    ):
        _leave(service, component, kept, caller)
    for component in service.store.select(
        "solutioncomponent", _solutionid_value=staged["solutionid"]
    ):
        service.change(
            service.table("solutioncomponent"),
            component,
            {"_solutionid_value": base["solutionid"]},
            caller.user_id,
        )
    installed = service.store.get("installed", staged["solutionid"])
    if installed is not None:
        service.store.put("installed", base["solutionid"], installed)
        service.store.remove("installed", staged["solutionid"])
    service.store.remove("solution", staged["solutionid"])
    table = service.table("solution")
    service.change(table, base, {"version": staged["version"]}, caller.user_id)
    return str(base["solutionid"])


def uninstall(service: Service, solution: Row, caller: Caller) -> None:
    """Remove a solution."""
    release(service, solution, caller)
    service.remove(service.table("solution"), solution, caller.user_id)


def release(service: Service, solution: Row, caller: Caller) -> None:
    """What goes with a solution: a managed one takes its components along."""
    if solution["ismanaged"]:
        preventing = dependents(service, solution)
        if preventing:
            names = ", ".join(str(row["name"]) for row, _ in preventing)
            raise Failed(
                "0x8004F01D",
                f"Solution dependencies exist, cannot uninstall. Dependent components: {names}.",
            )
        for component in service.store.select(
            "solutioncomponent", _solutionid_value=solution["solutionid"]
        ):
            _leave(service, component, set(), caller)
    else:
        for component in service.store.select(
            "solutioncomponent", _solutionid_value=solution["solutionid"]
        ):
            service.store.remove("solutioncomponent", component["solutioncomponentid"])
    service.store.remove("installed", solution["solutionid"])


def dependents(service: Service, solution: Row) -> list[tuple[Row, str]]:
    """Flows outside a solution that need something inside, with the id of what they need."""
    inside = _component_ids(service, solution)
    names = {
        row["connectionreferencelogicalname"]: row["connectionreferenceid"]
        for row in service.store.all("connectionreference")
        if row["connectionreferenceid"] in inside
    }
    found = []
    for row in service.store.all("workflow"):
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


def _solution(service: Service, package: Package, caller: Caller, holding: bool) -> Row:
    name = package.unique_name + (HOLDING if holding else "")
    values = {
        "friendlyname": package.friendly_name,
        "version": package.version,
        "ismanaged": package.managed,
        "installedon": service.clock.stamp(),
        "solutionpackageversion": "9.2",
    }
    table = service.table("solution")
    existing = service.store.find("solution", uniquename=name)
    if existing is not None:
        return service.change(table, existing, values, caller.user_id)
    publisher = service.store.find("publisher", uniquename=package.publisher["uniquename"])
    if publisher is None:
        row = {"publisherid": str(uuid.uuid4()), **package.publisher}
        publisher = service.insert(service.table("publisher"), row, caller.user_id)
    return service.insert(
        table,
        {
            "solutionid": str(uuid.uuid4()),
            "uniquename": name,
            "_publisherid_value": publisher["publisherid"],
            **values,
        },
        caller.user_id,
    )


def _reference(
    service: Service,
    item: dict[str, Any],
    package: Package,
    parameters: list[dict[str, Any]],
    solution: Row,
    caller: Caller,
) -> Result:
    name = item["connectionreferencelogicalname"]
    given = next(
        (
            entry.get("connectionid")
            for entry in parameters
            if str(entry.get("connectionreferencelogicalname", "")).lower() == name.lower()
        ),
        None,
    )
    table = service.table("connectionreference")
    existing = service.store.find("connectionreference", connectionreferencelogicalname=name)
    values = {**item, "ismanaged": package.managed, "solutionid": solution["solutionid"]}
    if given:
        values["connectionid"] = given
    if existing is None:
        values["connectionreferenceid"] = str(uuid.uuid4())
        row = service.insert(table, values, caller.user_id)
    else:
        row = service.change(table, existing, values, caller.user_id)
    add_component(
        service,
        solution,
        row["connectionreferenceid"],
        CONNECTION_REFERENCE_COMPONENT,
        caller.user_id,
    )
    return Result("connectionreferences", row["connectionreferenceid"], name)


def _variable(
    service: Service,
    item: dict[str, Any],
    package: Package,
    parameters: list[dict[str, Any]],
    solution: Row,
    caller: Caller,
) -> Result:
    name = item["schemaname"]
    table = service.table("environmentvariabledefinition")
    existing = service.store.find("environmentvariabledefinition", schemaname=name)
    values = {**item, "ismanaged": package.managed, "solutionid": solution["solutionid"]}
    if existing is None:
        values["environmentvariabledefinitionid"] = str(uuid.uuid4())
        row = service.insert(table, values, caller.user_id)
    else:
        row = service.change(table, existing, values, caller.user_id)
    definition_id = row["environmentvariabledefinitionid"]
    add_component(service, solution, definition_id, _VARIABLE, caller.user_id)
    packaged = next((value for value in package.values if value["schemaname"] == name), None)
    given = next(
        (
            entry.get("value")
            for entry in parameters
            if str(entry.get("schemaname", "")).lower() == name.lower()
        ),
        None,
    )
    if given is not None or packaged is not None:
        value = given if given is not None else (packaged or {})["value"]
        _value(service, row, str(value), (packaged or {}).get("environmentvariablevalueid"),
               given is not None, solution, caller)  # fmt: skip
    return Result("environmentvariabledefinitions", definition_id, name)


def _value(
    service: Service,
    definition: Row,
    value: str,
    value_id: Any,
    given: bool,
    solution: Row,
    caller: Caller,
) -> None:
    table = service.table("environmentvariablevalue")
    definition_id = definition["environmentvariabledefinitionid"]
    existing = service.store.find("environmentvariablevalue", **{_DEFINITION: definition_id})
    if existing is not None:
        # A value that is there already is the environment's own; a package does not overwrite it.
        if given:
            service.change(table, existing, {"value": value}, caller.user_id)
        return
    row = service.insert(
        table,
        {
            "environmentvariablevalueid": str(value_id or uuid.uuid4()),
            "schemaname": definition["schemaname"],
            "value": value,
            _DEFINITION: definition_id,
        },
        caller.user_id,
    )
    if not given:
        identity = row["environmentvariablevalueid"]
        add_component(service, solution, identity, _VALUE, caller.user_id)


def _flow(
    service: Service,
    flow: packages.PackagedFlow,
    package: Package,
    overwrite: bool,
    solution: Row,
    caller: Caller,
) -> tuple[Result, Row | None]:
    """One process; the row is returned when it is new, because only then its state is imported."""
    result = Result("workflows", flow.id, flow.name)
    if flow.category == CLOUD_FLOW:
        try:
            parse_clientdata(flow.clientdata or "")
        except Refusal as refusal:
            result.outcome, result.code, result.text = "failure", refusal.code, refusal.message
            return result, None
    table = service.table("workflow")
    existing = service.store.get("workflow", flow.id)
    values: dict[str, Any] = {
        "name": flow.name,
        "clientdata": flow.clientdata,
        "ismanaged": package.managed,
        "solutionid": solution["solutionid"],
        "introducedversion": flow.element.findtext("IntroducedVersion"),
    }
    described = flow.element.find("Descriptions/Description")
    if described is not None:
        values["description"] = described.get("description")
    for element, column in FLOW_NUMBERS.items():
        text = flow.element.findtext(element)
        if text is not None and text.isdigit():
            values[column] = int(text)
    values["primaryentity"] = flow.element.findtext("PrimaryEntity") or "none"
    add_component(service, solution, flow.id, WORKFLOW_COMPONENT, caller.user_id)
    below = {"clientdata": values["clientdata"], "name": values["name"]}
    if existing is None:
        values |= {"workflowid": flow.id, "workflowidunique": str(uuid.uuid4())}
        row = service.insert(table, values, caller.user_id)
        service.store.put("layer", flow.id, below)
        return result, row
    base = service.store.get("layer", flow.id)
    customized = base is None or any(existing[name] != base[name] for name in below)
    if customized and not overwrite and (package.managed or existing["clientdata"]):
        values = {name: value for name, value in values.items() if name not in below}
    service.change(table, existing, values, caller.user_id)
    service.store.put("layer", flow.id, below)
    return result, None


def _turn_on(service: Service, rows: list[Row], caller: Caller) -> None:
    """Flows that were on when exported: children first, silently off where something is missing."""
    waiting = [row for row in rows if row["category"] == CLOUD_FLOW]
    for row in rows:
        if row["category"] != CLOUD_FLOW:
            _on(service, row, caller)
    while waiting:
        left = []
        for row in waiting:
            try:
                check_activation(service, {**row, "statecode": 1, "statuscode": 2}, caller)
                _on(service, row, caller)
            except Refusal:
                left.append(row)
        if len(left) == len(waiting):
            return
        waiting = left


def _on(service: Service, row: Row, caller: Caller) -> None:
    service.change(
        service.table("workflow"), row, {"statecode": 1, "statuscode": 2}, caller.user_id
    )
    published = service.state.setdefault("published", set())
    published.add(row["workflowid"])


def _component_ids(service: Service, solution: Row) -> set[str]:
    rows = service.store.select("solutioncomponent", _solutionid_value=solution["solutionid"])
    return {row["objectid"] for row in rows}


def _leave(service: Service, component: Row, kept: set[str], caller: Caller) -> None:
    """Take a component out of its solution; without another solution it is deleted."""
    identity = component["objectid"]
    service.store.remove("solutioncomponent", component["solutioncomponentid"])
    if identity in kept or service.store.select("solutioncomponent", objectid=identity):
        return
    for logical in (
        "workflow",
        "connectionreference",
        "environmentvariabledefinition",
        "environmentvariablevalue",
    ):
        row = service.store.get(logical, identity)
        if row is not None:
            service.remove(service.table(logical), row, caller.user_id)
            service.store.remove("layer", identity)

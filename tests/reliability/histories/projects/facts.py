"""
The contents of an environment, as single facts: the ground on which a history is judged.

A place is a kind of thing, which one it is, and a column of it; a fact is the value there. What a
program declares is put in the same terms (`resources`), so both can be compared place by place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow import digest

Place = tuple[str, str, str]
Facts = dict[Place, Any]

EXISTS = "exists"
SOLUTIONS = ("ContosoAutomation", "SecondAutomation")
PACKAGES = ("Contoso", "Fabrikam")
_STATES = {0: "off", 1: "on", 2: "suspended"}


def observed(emulator: Emulator) -> Facts:
    """Everything that a program could have made, as the environment has it."""
    control = emulator.control
    facts: Facts = {}
    for row in control.rows("workflows"):
        facts.update({("flow", row["workflowid"], name): value for name, value in _flow(row)})
    solutions = control.rows("solutions")
    names = {row["solutionid"]: row["uniquename"] for row in solutions}
    for row in control.rows("solutioncomponents"):
        name = names.get(row["_solutionid_value"])
        if name in SOLUTIONS:
            facts["member", row["objectid"], name] = True
    for row in solutions:
        if row["uniquename"].partition("_")[0] in PACKAGES:
            facts["solution", row["uniquename"], EXISTS] = True
            facts["solution", row["uniquename"], "version"] = row["version"]
    for row in control.rows("principalobjectaccessset"):
        if row["accessrightsmask"]:
            place = f"{row['objectid']}/{row['principalid']}"
            facts["share", place, EXISTS] = row["accessrightsmask"]
    for row in control.rows("connectionreferences"):
        which = row["connectionreferencelogicalname"]
        facts["reference", which, EXISTS] = True
        for column, name in (
            ("connectionid", "connection_id"),
            ("connectionreferencedisplayname", "display_name"),
            ("description", "description"),
        ):
            facts["reference", which, name] = row[column] or ""
        facts["reference", which, "connector"] = str(row["connectorid"]).rpartition("/")[2]
    schemas = {row["environmentvariabledefinitionid"]: row["schemaname"]
               for row in control.rows("environmentvariabledefinitions")}  # fmt: skip
    for row in control.rows("environmentvariablevalues"):
        which = schemas.get(row["_environmentvariabledefinitionid_value"])
        if which is not None:
            # The emulator keeps the values of a definition that is gone.
            facts["variable", which, EXISTS] = row["value"]
    return facts


def _flow(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    properties = json.loads(row["clientdata"] or "{}").get("properties") or {}
    yield EXISTS, True
    yield "name", row["name"]
    yield "description", row["description"] or ""
    yield "state", _STATES[row["statecode"]]
    yield "owner", row["_ownerid_value"]
    yield "definition", digest(properties.get("definition") or {})
    yield "references", logical_names(properties.get("connectionReferences"))
    yield "summary", properties.get("summary") or ""
    yield "attributes", row["triggeronupdateattributelist"] or ""


def logical_names(references: Mapping[str, Any] | None) -> str:
    """Connection references as one text: the logical name by the key that actions use."""
    found = {
        key: (entry.get("connection") or {}).get("connectionReferenceLogicalName")
        for key, entry in (references or {}).items()
    }
    return json.dumps(found, sort_keys=True)

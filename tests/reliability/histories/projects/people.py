"""People who change the environment besides the program, and what they may expect of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from tests.reliability.histories.projects import facts
from tests.reliability.histories.projects.facts import EXISTS, SOLUTIONS, Facts, Place
from tests.reliability.histories.projects.resources import (
    MASKS,
    PACKAGED,
    PACKAGED_REFERENCE,
    PACKAGED_VARIABLE,
    Component,
    Flow,
    Ids,
    Package,
    Project,
    Reference,
    Share,
    ShareList,
    Variable,
)
from tests.reliability.histories.projects.writing import BOB, CAROL, PEOPLE

_BY_HAND = "by hand"
_SEEDED_REFERENCE = "contoso_seeded"
_LIKELY = 0.12


@dataclass(frozen=True)
class Edit:
    """One change by hand."""

    resource: str
    place: Place
    value: Any
    """What is there now; None for nothing."""
    managed: bool
    """Whether the program declares what was changed."""
    was_managed: bool
    """Whether it had declared that before its last change too."""
    rows: frozenset[str]
    """Ids of the rows that hold the place, before and after."""
    commits: int
    """How many changes had been made by then."""
    added: bool = False
    """Whether nothing was there before."""
    imported: bool = False
    """Whether an import writes the row too, which does not look at what was edited."""
    told: bool = False
    """Whether a command that failed has named it, and left it as it was."""


class People:
    """Everybody who edits by hand."""

    def __init__(self, chance: random.Random, emulator: Emulator) -> None:
        self._chance = chance
        self._emulator = emulator
        self.edits: list[Edit] = []
        """What nobody has looked at yet, and what has to stay."""

    def work(self, program: Project, ids: Ids, earlier: Project) -> None:
        """
        Change something here and there.

        Args:
            program: the one that is about to be deployed.
            ids: of what is deployed.
            earlier: what was declared before the last change of the program.
        """
        control = self._emulator.control
        for name, item in program.items():
            if name not in ids or self._chance.random() > _LIKELY:
                continue
            seen = facts.observed(self._emulator)
            wanted = item.facts(name, ids)
            choices = list(self._choices(name, item, wanted, seen, program, ids))
            if choices:
                place, change, managed = self._chance.choice(choices)
                before = self._rows(place)
                change()
                value = facts.observed(self._emulator).get(place)
                rows = frozenset(before | self._rows(place))
                commits, added = len(control.commits()), not before and value is not None
                missing = "" if managed else None
                was = getattr(earlier.get(name), place[2], missing) is not None
                self.edits = [edit for edit in self.edits if edit.place != place]
                imported = isinstance(item, Reference | Variable) and bool(item.after)
                self.edits.append(
                    Edit(name, place, value, managed, was, rows, commits, added, imported)
                )
                if value is None and place[0] == "flow":
                    self._gone(place[1])

    def remove(self, place: Place) -> None:
        """Delete a thing that should not be there."""
        entity_set = {
            "flow": "workflows",
            "share": "principalobjectaccessset",
            "reference": "connectionreferences",
            "variable": "environmentvariablevalues",
            "solution": "solutions",
            "member": "solutioncomponents",
        }[place[0]]
        control = self._emulator.control
        for key in self._rows(place):
            control.delete(entity_set, key)
        # What somebody had changed about it goes with it: no program overwrites that.
        self.edits = [edit for edit in self.edits if edit.place[:2] != place[:2]]
        if place[0] == "solution" and any(
            row["workflowid"] == PACKAGED for row in control.rows("workflows")
        ):
            # Uninstalling takes its flow along.
            control.delete("workflows", PACKAGED)

    def _gone(self, flow_id: str) -> None:
        """With a flow goes everything that somebody changed about it."""
        self.edits = [
            edit
            for edit in self.edits
            if not edit.place[1].startswith(flow_id) or edit.place[2] == EXISTS
        ]

    def _choices(
        self, name: str, item: Any, wanted: Facts, seen: Facts, program: Project, ids: Ids
    ) -> Iterator[tuple[Place, Any, bool]]:
        """Place, change, and whether the program declares the place."""
        if any(seen.get(place) is None for place in wanted if place[2] == EXISTS):
            return
        if isinstance(item, Flow):
            yield from self._flow(name, item, ids[name], seen, program)
        if isinstance(item, Share):
            yield from self._shares(wanted, program, ids)
        if isinstance(item, ShareList):
            yield from self._shares(wanted, program, ids)
            others = [who for who in PEOPLE
                      if ("share", f"{item.flow}/{who[1]}", EXISTS) not in seen]  # fmt: skip
            for who in others:
                place = ("share", f"{item.flow}/{who[1]}", EXISTS)
                yield place, lambda w=who: self._grant(item.flow, w), True
        if isinstance(item, Component):
            yield from (
                (place, lambda p=place: self._leave(p[1], p[2]), True)
                for place in wanted
                if place in seen
            )
        if isinstance(item, Reference):
            yield from self._reference(item, program)
        if isinstance(item, Variable):
            yield from self._variable(item.schema_name, removable=True)
        if isinstance(item, Package):
            yield from self._package(item, seen)

    def _flow(
        self, name: str, item: Flow, which: str, seen: Facts, program: Project
    ) -> Iterator[tuple[Place, Any, bool]]:
        called = name == "chosen" and "caller" in program
        for column in ("name", "description"):
            managed = column == "name" or item.description is not None
            yield ("flow", which, column), self._patch(which, **{column: _BY_HAND}), managed
        owner = CAROL[1] if seen["flow", which, "owner"] != CAROL[1] else BOB[1]
        yield ("flow", which, "owner"), self._patch(which, _ownerid_value=owner), bool(item.owner)
        yield ("flow", which, "definition"), lambda: self._redefine(which, "definition"), True
        yield ("flow", which, "summary"), lambda: self._redefine(which, "summary"), False
        yield (("flow", which, "attributes"),
               self._patch(which, triggeronupdateattributelist="x"), False)  # fmt: skip
        if item.reference:
            yield ("flow", which, "references"), lambda: self._redefine(which, "references"), True
        if not called:
            on = seen["flow", which, "state"] == "on"
            columns = {"statecode": 0 if on else 1, "statuscode": 1 if on else 2}
            # Twice, because it is what people do most.
            for _ in range(2):
                yield ("flow", which, "state"), self._patch(which, **columns), True
            yield (("flow", which, EXISTS),
                   lambda: self._emulator.control.delete("workflows", which), True)  # fmt: skip
        for solution in SOLUTIONS:
            place: Place = ("member", which, solution)
            if place in seen and solution == item.solution:
                yield place, lambda s=solution: self._leave(which, s), True
            elif place not in seen and solution != item.solution:
                yield place, lambda s=solution: self._join(which, s), False

    def _shares(
        self, wanted: Facts, program: Project, ids: Ids
    ) -> Iterator[tuple[Place, Any, bool]]:
        for place in wanted:
            row = self._share_row(place)
            if row is None:
                continue
            rights = self._chance.sample(sorted(MASKS), 3)
            mask = sum(MASKS[right] for right in rights)
            key = row["principalobjectaccessid"]
            yield place, lambda k=key, m=mask: self._set_rights(k, m), True
            yield place, lambda k=key: self._set_rights(k, None), True

    def _set_rights(self, key: str, mask: int | None) -> None:
        control, rows = self._emulator.control, "principalobjectaccessset"
        if mask is None:
            control.delete(rows, key)
        else:
            control.patch(rows, key, {"accessrightsmask": mask})

    def _reference(self, item: Reference, program: Project) -> Iterator[tuple[Place, Any, bool]]:
        control, which = self._emulator.control, item.logical_name
        row = self._row("connectionreferences", "connectionreferencelogicalname", which)
        key = row["connectionreferenceid"]
        for name, column in (
            ("connection_id", "connectionid"),
            ("display_name", "connectionreferencedisplayname"),
            ("description", "description"),
        ):
            managed = getattr(item, name) is not None
            if not managed and name != "connection_id":
                # Of these nothing is promised when they are left out.
                continue
            yield (("reference", which, name),
                   lambda c=column: control.patch("connectionreferences", key, {c: _BY_HAND}),
                   managed)  # fmt: skip
        # One that came with a managed package cannot be deleted.
        if (
            not item.after
            and "mailer" not in program
            and which not in json.dumps(control.rows("workflows"))
        ):
            yield (("reference", which, EXISTS),
                   lambda: control.delete("connectionreferences", key), True)  # fmt: skip

    def _variable(self, schema: str, *, removable: bool) -> Iterator[tuple[Place, Any, bool]]:
        control = self._emulator.control
        key = self._value_row(schema)
        if key is None:
            return
        place: Place = ("variable", schema, EXISTS)
        yield (place, lambda: control.patch("environmentvariablevalues", key, {"value": _BY_HAND}),
               True)  # fmt: skip
        if removable:
            yield place, lambda: control.delete("environmentvariablevalues", key), True

    def _package(self, item: Package, seen: Facts) -> Iterator[tuple[Place, Any, bool]]:
        control = self._emulator.control
        if ("flow", PACKAGED, EXISTS) not in seen:
            return
        solution = self._row("solutions", "uniquename", "Contoso")
        yield (("solution", "Contoso", "version"),
               lambda: control.patch("solutions", solution["solutionid"], {"version": "0.9.0.0"}),
               True)  # fmt: skip
        yield (("flow", PACKAGED, "state"), self._patch(PACKAGED, statecode=0, statuscode=1), True)
        if item.value is not None:
            yield from self._variable(PACKAGED_VARIABLE, removable=True)
        if item.connection is None:
            return
        reference = self._row("connectionreferences", "connectionreferencelogicalname",
                              PACKAGED_REFERENCE)  # fmt: skip
        yield (("reference", PACKAGED_REFERENCE, "connection_id"),
               lambda: control.patch("connectionreferences", reference["connectionreferenceid"],
                                     {"connectionid": _BY_HAND}),
               True)  # fmt: skip

    def _patch(self, which: str, **columns: Any) -> Any:
        return lambda: self._emulator.control.patch("workflows", which, columns)

    def _redefine(self, which: str, member: str) -> None:
        row = self._row("workflows", "workflowid", which)
        document = json.loads(row["clientdata"])
        properties = document["properties"]
        if member == "definition":
            properties["definition"]["actions"]["Greet"]["inputs"] = _BY_HAND
        elif member == "references":
            for entry in properties["connectionReferences"].values():
                entry["connection"]["connectionReferenceLogicalName"] = _SEEDED_REFERENCE
        else:
            properties["summary"] = _BY_HAND
        self._emulator.control.patch("workflows", which, {"clientdata": json.dumps(document)})

    def _join(self, which: str, solution: str) -> None:
        row = self._row("solutions", "uniquename", solution)
        values = {"objectid": which, "componenttype": 29, "rootcomponentbehavior": 0,
                  "_solutionid_value": row["solutionid"]}  # fmt: skip
        self._emulator.control.insert("solutioncomponents", values)

    def _leave(self, which: str, solution: str) -> None:
        for key in self._rows(("member", which, solution)):
            self._emulator.control.delete("solutioncomponents", key)

    def _grant(self, flow_id: str, who: tuple[str, str]) -> None:
        values = {"objectid": flow_id, "objecttypecode": "workflow", "principalid": who[1],
                  "principaltypecode": "team" if who[0] == "team" else "systemuser",
                  "accessrightsmask": 3}  # fmt: skip
        self._emulator.control.insert("principalobjectaccessset", values)

    def _row(self, entity_set: str, column: str, value: str) -> dict[str, Any]:
        return next(row for row in self._emulator.control.rows(entity_set) if row[column] == value)

    def _share_row(self, place: Place) -> dict[str, Any] | None:
        rows = self._emulator.control.rows("principalobjectaccessset")
        return next((row for row in rows
                     if f"{row['objectid']}/{row['principalid']}" == place[1]
                     and row["accessrightsmask"]), None)  # fmt: skip

    def _value_row(self, schema: str) -> str | None:
        control = self._emulator.control
        definition = self._row("environmentvariabledefinitions", "schemaname", schema)
        key = definition["environmentvariabledefinitionid"]
        return next((row["environmentvariablevalueid"]
                     for row in control.rows("environmentvariablevalues")
                     if row["_environmentvariabledefinitionid_value"] == key), None)  # fmt: skip

    def _rows(self, place: Place) -> set[str]:
        """Ids of the rows that hold a place."""
        kind, which, column = place
        control = self._emulator.control
        if kind == "flow":
            return {which}
        if kind == "member":
            names = {row["solutionid"]: row["uniquename"] for row in control.rows("solutions")}
            return {
                row["solutioncomponentid"]
                for row in control.rows("solutioncomponents")
                if row["objectid"] == which and names.get(row["_solutionid_value"]) == column
            }
        if kind == "share":
            row = self._share_row(place)
            return {row["principalobjectaccessid"]} if row else set()
        if kind == "variable":
            key = self._value_row(which)
            return {key} if key else set()
        table, name, key = {
            "reference": ("connectionreferences", "connectionreferencelogicalname",
                          "connectionreferenceid"),
            "solution": ("solutions", "uniquename", "solutionid"),
        }[kind]  # fmt: skip
        return {row[key] for row in control.rows(table) if row[name] == which}


def changed_since(edit: Edit, commits: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a program has written to what was edited."""
    return any(
        item["id"] in edit.rows and item["caller"] != _BY_HAND for item in commits[edit.commits :]
    )


def removed_since(edit: Edit, commits: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the row that was edited has been removed meanwhile."""
    rows = {*edit.rows, edit.place[1].partition("/")[0]}
    return any(
        item["id"] in rows and item["operation"] == "delete" for item in commits[edit.commits :]
    )

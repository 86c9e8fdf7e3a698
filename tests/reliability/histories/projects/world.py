"""An environment and a project, and whether one is as the other declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pulumi_powerautomate.emulator import Emulator
from tests.harness.packages import CONNECTORS
from tests.reliability.histories.projects.facts import EXISTS, SOLUTIONS, Facts, Place, observed
from tests.reliability.histories.projects.people import People, changed_since, removed_since
from tests.reliability.histories.projects.resources import PACKAGED, Flow, Ids, Project
from tests.reliability.histories.projects.writing import (
    ALICE,
    CHOSEN,
    FOREIGN,
    LISTED,
    SHARED,
    VARIABLES,
    other_name,
)

_NOBODYS = (FOREIGN, SHARED, LISTED)
_SAID = re.compile(r"overwr|somebody|differed and was changed|by hand|out-of-band", re.I)
_NOTHING = object()
# What can be there once more, and must not be unless it is declared.
_PRESENCE = {EXISTS, *SOLUTIONS}


def seed_environment(emulator: Emulator) -> None:
    """Insert rows that no program declares."""
    control = emulator.control
    foreign = {"name": "foreign", "category": 5, "type": 1, "primaryentity": "none",
               "clientdata": "{}"}  # fmt: skip
    for row_id in _NOBODYS:
        control.insert("workflows", {"workflowid": row_id, **foreign})
    share = {"objectid": FOREIGN, "objecttypecode": "workflow", "principalid": ALICE[1],
             "principaltypecode": "systemuser", "accessrightsmask": 1}  # fmt: skip
    control.insert("principalobjectaccessset", share)
    for schema, row_id in VARIABLES.items():
        definition = {"environmentvariabledefinitionid": row_id, "schemaname": schema}
        control.insert("environmentvariabledefinitions", definition)
    reference = {"connectionreferencelogicalname": "contoso_seeded", "connectionid": "seeded",
                 "connectorid": f"{CONNECTORS}shared_office365"}  # fmt: skip
    control.insert("connectionreferences", reference)
    publisher = control.rows("publishers")[0]["publisherid"]
    solution = {"uniquename": SOLUTIONS[1], "friendlyname": "Second", "version": "1.0.0.0",
                "_publisherid_value": publisher}  # fmt: skip
    control.insert("solutions", solution)


class World:
    """The conditions between a program and its environment."""

    def __init__(self, emulator: Emulator, people: People) -> None:
        self._emulator = emulator
        self._people = people
        self._background = observed(emulator)
        self._interrupted: set[Place] = set()
        self._a_flow_died = False
        self._died_new: set[str] = set()
        # Names under which the state has known a row: one that came second has adopted it.
        self._names: dict[str, set[str]] = {}

    def wanted(self, program: Project, ids: Ids) -> Facts:
        """Every fact that a program declares, and those that nobody may touch."""
        facts = dict(self._background)
        for name, item in program.items():
            if name in ids:
                facts.update(item.facts(name, ids))
        return facts

    def problems(self, program: Project, ids: Ids, *, excused: bool) -> list[str]:
        """
        In what the environment is not as the program declares.

        Args:
            ids: of what the state knows.
            excused: whether an edit by hand may stay that no command could have seen, because
                nothing was sent about it.
        """
        found = [f"{name}: not in the state" for name in program if name not in ids]
        seen, wanted = observed(self._emulator), self.wanted(program, ids)
        allowed = self._allowed({*program, *ids}, excused=excused)
        for place in sorted(wanted.keys() | seen.keys()):
            have, want = seen.get(place), wanted.get(place)
            extra = place not in wanted
            if have == want or (extra and place[2] not in _PRESENCE):
                continue
            if place in allowed and allowed[place] == have:
                continue
            if (
                extra
                and place[0] == "member"
                and (("flow", place[1], EXISTS) not in wanted or place[1] in self._taken_over(ids))
            ):
                # Said of the flow already; or the flow was a killed create's, and is in a solution
                # that its present declaration does not name, which is then not managed.
                continue
            if want is not None and place[2] != EXISTS and not self._there(place, seen):
                continue
            if place[0] == "share" and ("flow", place[1][:36], EXISTS) not in seen:
                # With a flow go its shares.
                continue
            found.append(f"{' '.join(place)}: {have!r} instead of {want!r}")
        return found

    def _taken_over(self, ids: Ids) -> set[str]:
        """Flows that may have been there when the state came to know them."""
        shared = {id_ for id_, names in self._names.items() if len(names) > 1}
        return {id_ for name, id_ in ids.items() if name in self._died_new} | shared | set(CHOSEN)

    def orphans(self, program: Project, ids: Ids) -> list[Place]:
        """The orphans of a killed create, which neither program nor state knows."""
        seen, wanted = observed(self._emulator), self.wanted(program, ids)
        return [
            place
            for place in seen
            if place not in wanted
            and (place[2] == EXISTS or place[0] == "member")
            and (place in self._interrupted or (place[0] == "flow" and self._a_flow_died))
            and place[1] not in (*ids.values(), PACKAGED)
        ]

    def interrupted(self, program: Project, names: set[str], ids: Ids) -> None:
        """Note creates in which somebody died: whether they were done is recorded nowhere."""
        for name in names:
            item = program.get(name)
            if isinstance(item, Flow):
                if name not in ids or item.workflow_id not in (None, ids[name]):
                    self._a_flow_died = True
                    self._died_new.add(name)
            elif item is not None and set(item.needs) <= ids.keys():
                # Also where the state has it: the create may be that of what is to replace it.
                self._interrupted |= item.facts(name, {**ids, name: ""}).keys()

    def lost(self, program: Project, ids: Ids, seen: Facts, touched: set[str]) -> Iterator[str]:
        """
        Values that somebody set, no program declares, and that are gone from what was seen.

        Args:
            touched: resources on which an operation of the command ended, or may have begun.
        """
        for name, id_ in ids.items():
            self._names.setdefault(id_, set()).add(name)
        if not self._people.edits:
            return
        commits = self._emulator.control.commits()
        wanted = self.wanted(program, ids)
        kept = []
        for edit in self._people.edits:
            if edit.managed:
                kept.append(edit)
                continue
            if edit.place in wanted or removed_since(edit, commits):
                if edit.was_managed and edit.place in wanted:
                    # The program that was about to leave the column alone never got that far, and
                    # has gone back: the state has had the column all along, and nothing was sent.
                    kept.append(replace(edit, managed=True))
                elif edit.resource in program.keys() - touched and not removed_since(edit, commits):
                    # A program that was about to declare it too never got that far.
                    kept.append(edit)
                continue
            if seen.get(edit.place) == edit.value:
                kept.append(edit)
            else:
                yield (f"{edit.resource}: {' '.join(edit.place)} was set to {edit.value!r} by hand "
                       "and is not managed, but is lost")  # fmt: skip
        self._people.edits = kept

    def declared_meanwhile(self, program: Project, names: set[str], ids: Ids) -> None:
        """
        Forget edits that a program came to declare too, of resources that it then brought about.

        From here on the value is the program's, which may change it like any other of its own. A
        column that it has left out by then is recorded nowhere any more.

        Args:
            names: resources on which an operation ended well.
        """
        made = {name: program[name] for name in names & program.keys()}
        facts = self.wanted(
            {name: item for name, item in made.items() if set(item.needs) <= ids.keys()}, ids
        )
        kept = []
        for edit in self._people.edits:
            done = edit.resource in names
            if done and not edit.managed and edit.place not in facts:
                kept.append(replace(edit, was_managed=False))
            elif not (done and edit.managed and facts.get(edit.place, _NOTHING) == edit.value):
                kept.append(edit)
        self._people.edits = kept

    def overwritten(
        self, program: Project, certain: set[str], said: list[str], seen: Facts
    ) -> Iterator[str]:
        """
        Edits of managed columns that a command has overwritten without a word.

        Args:
            certain: resources whose last operation before had ended well, and this one's too.
            said: what the command told of them.
            seen: what the environment holds after it.
        """
        if not self._people.edits:
            return
        commits = self._emulator.control.commits()
        kept = []
        for edit in self._people.edits:
            item = program.get(edit.resource)
            if edit.managed and item is not None and getattr(item, edit.place[2], "") is None:
                # From here on nothing is recorded of the column.
                edit = replace(edit, was_managed=False)
            if not edit.managed or seen.get(edit.place) == edit.value:
                kept.append(edit)
                continue
            if item is None or item.overwrites(edit.place) or edit.resource not in certain:
                continue
            if removed_since(edit, commits):
                # With its row, which somebody deleted.
                continue
            if edit.value is None or edit.place[0] in ("share", "member") or not edit.was_managed:
                # Made again, which overwrites nothing; shares have no version; and of a column that
                # is declared for the first time nothing is recorded.
                continue
            if not any(edit.resource in line and _SAID.search(line) for line in said):
                yield (f"{edit.resource}: {' '.join(edit.place)} was set to {edit.value!r} by hand "
                       "and overwritten without a word")  # fmt: skip
        self._people.edits = kept

    def seen(self, names: set[str]) -> None:
        """A refresh has looked at these: what is not as declared is no secret any more."""
        self._people.edits = [
            edit for edit in self._people.edits if not (edit.managed and edit.resource in names)
        ]

    def told(self, failed: dict[str, str]) -> None:
        """Note edits that errors name: whoever reads one knows that the edit is there."""
        self._people.edits = [
            replace(edit, told=edit.told or bool(_SAID.search(failed.get(edit.resource, ""))))
            for edit in self._people.edits
        ]

    def conflicts(self, program: Project, failed: dict[str, str], ids: Ids) -> set[str]:
        """
        Resources that failed and that somebody had edited, or what they need: reported, so that
        nothing is wrong.
        """
        edited = {edit.resource for edit in self._people.edits if edit.managed}
        return {
            name
            for name in failed
            if (item := program.get(name))
            and edited & {other_name(name), item.alias, *item.needs, *self._called(name, ids)}
        }

    def _called(self, name: str, ids: Ids) -> set[str]:
        """The names that a resource has, or has had."""
        return {name} | self._names.get(ids.get(name, ""), set())

    def _allowed(self, known: set[str], *, excused: bool) -> Facts:
        """
        Edits that may be there.

        Args:
            known: names of the resources that program or state have.
            excused: whether those may that nobody could have seen.
        """
        commits = self._emulator.control.commits() if self._people.edits else []
        return {
            edit.place: edit.value
            for edit in self._people.edits
            if not edit.managed
            or (excused and (edit.told or edit.imported or not changed_since(edit, commits)))
            # Somebody shared the flow behind the back of a list that went before it saw that. A
            # deleted list takes along what it knows, and no program says any more that nobody
            # else may have access.
            or (edit.added and edit.place[0] == "share" and edit.resource not in known)
        }

    def _there(self, place: Place, seen: Facts) -> bool:
        """Whether the thing itself is there; if not, that is what is wrong."""
        kind = "flow" if place[0] == "member" else place[0]
        return (kind, place[1], EXISTS) in seen

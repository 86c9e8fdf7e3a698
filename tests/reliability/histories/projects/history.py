"""
One history of a project: what is done in it, and how it is judged; where it runs is a `Place`.

The program changes or is reverted straight after a command that failed or died, and no command
refreshes, but the first one on a fresh machine, where nothing is known of a killed one. People edit
by hand between the commands, rename resources, and have another environment's variables in their
shell now and then. After two commands at most the environment must be as the last program declares.
An edit that no command could have seen, because nothing was sent about it, may stay; one that a
command reports is right; and after a refresh nothing may differ at all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pulumi_powerautomate.emulator import Emulator
from tests.reliability.fault_proxy.handle import FaultProxy, rule
from tests.reliability.fault_proxy.presets import PRESETS
from tests.reliability.histories.command import Death
from tests.reliability.histories.network_faults import NETWORK_FAULTS
from tests.reliability.histories.outcome import Outcome
from tests.reliability.histories.projects import facts
from tests.reliability.histories.projects.people import People
from tests.reliability.histories.projects.resources import Declaration, Ids, Project
from tests.reliability.histories.projects.world import World, seed_environment
from tests.reliability.histories.projects.writing import CHOSEN, Author

IMPORT_SECONDS = 0.05
_MOST_UPS = 2
_LAST_REQUEST = 14
_LAST_OPERATION = 6
_MOMENTS = ("before_commit", "after_commit", "mid_body")
_PATHS = (
    "workflows",
    "Access",
    r"olution|\$batch",
    "connectionreferences|environmentvariable",
    ".",
)
# The whole of a true response, only not to this request or not of this moment: where it has no body
# no client can tell.
_DECEIVING = ("swapped",)
_SOMEBODY_ELSE = re.compile(r"not Dataverse's|redirects are not followed|response is cut short")
_ONCE_MORE = "Run `pulumi up` once more"
_CHANGED_AFTER_A_KILL = "killed, then another program"


@dataclass
class Ran:
    """The result of a command."""

    failed: dict[str, str] = field(default_factory=dict)
    """What went wrong, by resource."""
    died: bool = False
    done: set[str] = field(default_factory=set)
    """Resources on which an operation ended well."""
    unsettled: set[str] = field(default_factory=set)
    """Those on which one did not, or nobody knows."""
    said: list[str] = field(default_factory=list)
    """Lines that it printed."""


class Place(Protocol):
    """Two environments, a network, a machine, and the state of a stack."""

    emulator: Emulator
    other: Emulator
    proxy: FaultProxy | None
    packages: Path

    def begin(self) -> None:
        """Everything new, and nothing in the state."""

    def move(self) -> None:
        """Go on on a fresh machine: what was kept beside the program is gone."""

    def ids(self) -> dict[str, str]:
        """Ids of what the state has, by name."""

    def run(
        self, program: Project, *, refresh: bool, death: Death | None, keeps_going: bool
    ) -> Ran:
        """Run `pulumi up`."""

    def preview(self, program: Project) -> None:
        """Run `pulumi preview --refresh`, which saves nothing."""

    def listed(self, names: set[str]) -> set[str] | None:
        """
        Ids of the flows that the verb for orphans finds; None where there is no whole state.

        Args:
            names: of the resources that earlier programs declared.
        """

    def stray(self, program: Project, verb: str) -> Ran:
        """Run `up`, `refresh` or `destroy` in the other environment; the state is put back."""


def renew(emulator: Emulator) -> None:
    """An environment as it was in the beginning."""
    control = emulator.control
    control.clear_faults()
    try:
        control.restore("begun")
    except ValueError:
        control.reset()
        control.switches(import_seconds=IMPORT_SECONDS)
        seed_environment(emulator)
        control.snapshot("begun")
    control.clear_journal()


def live(seed: int, place: Place, *, rounds: tuple[int, int] = (2, 4)) -> Outcome:
    """Live one history; `rounds` says how often, at least and at most, the program changes."""
    history = _History(seed, place)
    history.live(rounds)
    return history.outcome


class _History:
    def __init__(self, seed: int, place: Place) -> None:
        self._seed = seed
        self._chance = chance = random.Random(seed)
        self._place = place
        place.begin()
        self._author = Author(chance, place.packages)
        self._people = People(chance, place.emulator)
        self._world = World(place.emulator, self._people)
        self._unsettled: set[str] = set()
        # What a command in the wrong environment has done; the history goes on.
        self._strayed: list[str] = []
        self._told: Project = {}
        self._deployed: Project = {}
        # What the program was when somebody died, until somebody looks what became of it.
        self._interrupted: Project | None = None
        self.outcome = Outcome()

    def live(self, rounds: tuple[int, int]) -> None:
        """The whole history."""
        chance = self._chance
        for _ in range(chance.randint(*rounds)):
            self._author.write()
            self._edit()
            if chance.random() < 0.15:
                self._in_the_wrong_environment()
            self._after(self._command("up", faulty=True))
            if self.outcome.problems:
                break
        else:
            if chance.random() < 0.4:
                self._edit()
            self._settle()
        self.outcome.problems += self._strayed

    def _after(self, ran: Ran) -> None:
        """The next step of whoever runs it: go on, revert, change the program, or repeat."""
        chance = self._chance
        if ran.died and chance.random() < 0.15:
            self.outcome.tags.add("fresh machine")
            self._place.move()
            self._command("up --refresh on a fresh machine", refresh=True)
        if ran.failed or ran.died:
            dice = chance.random()
            if dice < 0.5:
                self.outcome.tags.add("reverted")
                self._author.revert()
            elif dice < 0.7:
                self._author.write()
            if chance.random() < 0.2:
                self.outcome.tags.add("previewed")
                self._note("preview --refresh")
                self._place.preview(self._author.program)
            if dice < 0.85:
                self._command("up right after")

    def _edit(self) -> None:
        before = set(self._people.edits)
        # By name, as it was declared last before this program: what a killed command has left in
        # the state may be of a program before the one that left it out, and what it never got to
        # is as an earlier one has brought it about.
        earlier = {name: item for program in self._author.before for name, item in program.items()}
        earlier |= self._deployed
        self._people.work(self._author.program, self._ids(), earlier)
        for edit in self._people.edits:
            if edit not in before:
                self._note(f"by hand: {edit.resource} {' '.join(edit.place)} = {edit.value!r}")

    def _command(self, title: str, *, faulty: bool = False, refresh: bool = False) -> Ran:
        """One command, with what it has overwritten."""
        place, program = self._place, self._author.program
        faults = self._misbehave() if faulty else []
        death = self._death() if faulty else None
        if self._interrupted is not None and program != self._interrupted and not refresh:
            self.outcome.tags.add(_CHANGED_AFTER_A_KILL)
        keeps_going = self._chance.random() < 0.5
        ran = place.run(program, refresh=refresh, death=death, keeps_going=keeps_going)
        place.emulator.control.clear_faults()
        if place.proxy:
            place.proxy.end()
        self._note(f"{title}:{self._changes()}")
        for line in (*map(str, faults), *([str(death)] if death else [])):
            self._note(f"    meets {line}")
        if ran.died:
            self._note("    somebody died")
            self._world.interrupted(program, ran.unsettled, self._ids())
        # Where nobody but others has answered, a create fails that may have been carried out.
        elsewhere = {name for name, text in ran.failed.items() if _SOMEBODY_ELSE.search(text)}
        self._world.interrupted(program, elsewhere, self._ids())
        for name, text in ran.failed.items():
            self._note(f"    {name} failed: {text[:300]}")
        self._interrupted = dict(program) if ran.died else None
        self._author.obey(ran.failed, self._ids())
        certain = set(program) - self._unsettled - ran.unsettled
        self._unsettled = (self._unsettled | ran.unsettled) - (ran.done - ran.unsettled)
        self._world.declared_meanwhile(program, ran.done - ran.unsettled, self._ids())
        done = ran.done & program.keys() - ran.unsettled
        self._deployed |= {name: program[name] for name in done}
        self._world.told(ran.failed)
        seen = facts.observed(place.emulator)
        if refresh:
            self._world.seen(set(ran.done))
        else:
            self.outcome.problems += self._world.overwritten(program, certain, ran.said, seen)
        touched = ran.done | ran.unsettled
        self.outcome.problems += self._world.lost(program, self._ids(), seen, touched)
        return ran

    def _death(self) -> Death | None:
        """Who dies, if anybody, at the nth request of a command."""
        chance = self._chance
        victim = chance.choice(("", "", "provider", "provider", "engine", "engine", "state"))
        if not victim:
            return None
        self.outcome.tags.add("not saved" if victim == "state" else "killed")
        operation = chance.randint(1, _LAST_OPERATION) if victim == "state" else 0
        return Death(victim, operation, chance.randint(1, _LAST_REQUEST),
                     chance.choice(_MOMENTS[:2]))  # fmt: skip

    def _misbehave(self) -> Sequence[Any]:
        chance, place = self._chance, self._place
        wished: list[Any] = []
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            more: dict[str, Any] = {
                "path": chance.choice(_PATHS),
                "nth": chance.choice((1, 1, 1, 2, 3, 5)),
                "times": chance.choice((1, 1, 2, 5)),
            }
            if place.proxy:
                name = chance.choice([name for name in PRESETS if name not in _DECEIVING])
                wished.append(rule(name, **more))
            else:
                fault = {"when": chance.choice(_MOMENTS), **chance.choice(NETWORK_FAULTS), **more}
                place.emulator.control.fault(**fault)
                wished.append(fault)
        if place.proxy:
            limit = chance.choice((0, 0, 0, 2))
            place.proxy.begin(wished, seed=self._seed, limit=limit, forget=False)
            wished = [f"{item['name']} of {item['path']} from {item['nth']} on, {item['times']} x"
                      for item in wished]  # fmt: skip
        return wished

    def _in_the_wrong_environment(self) -> None:
        """Another environment's variable is in the shell: everything has to be refused."""
        place = self._place
        verb = self._chance.choice(("up", "up", "refresh", "destroy"))
        program = self._author.program
        known = self._ids()
        if not known or (verb == "up" and not known.keys() & program.keys()):
            return
        self.outcome.tags.add("wrong environment")
        self._note(f"{verb} in the wrong environment")
        _copy(place.emulator, place.other)
        place.other.control.clear_journal()
        before = facts.observed(place.other), facts.observed(place.emulator)
        ran = place.stray(program, verb)
        sent = [f"{item['method']} {item['path']}" for item in place.other.control.requests()]
        if not ran.failed:
            self._strayed.append(f"{verb} in the wrong environment was not refused")
        if sent:
            self._strayed.append(f"{verb} in the wrong environment sent {sent[:3]}")
        if (facts.observed(place.other), facts.observed(place.emulator)) != before:
            self._strayed.append(f"{verb} in the wrong environment changed it")

    def _settle(self) -> None:
        """Two commands at most, then everything as declared; after a refresh without excuse."""
        outcome, world = self.outcome, self._world
        self._author.withdraw()
        ran = self._twice()
        problems = self._judged(ran, excused=True)
        if problems and self._remove_orphans():
            ran = self._twice()
            problems = self._judged(ran, excused=True)
        conflicts = world.conflicts(self._author.program, ran.failed, self._ids())
        if problems and not outcome.problems and conflicts:
            # Whoever is told of a conflict looks at it.
            self.outcome.tags.add("conflict reported")
        else:
            outcome.problems += problems
        if outcome.problems:
            return
        for _ in range(_MOST_UPS):
            ran = self._command("up --refresh", refresh=True)
            problems = self._judged(ran, excused=False)
            # An import that a killed create began may have ended only now.
            if not problems or (self._remove_orphans() and not self._judged(ran, excused=False)):
                problems = []
                break
        if any(_ONCE_MORE in line for line in ran.said):
            # Whoever is told so does it.
            ran = self._command("up once more, as it was told")
            problems = problems or self._judged(ran, excused=False)
        outcome.problems += [f"after a refresh: {problem}" for problem in problems]
        if not outcome.problems:
            self._nothing_is_sent()

    def _twice(self) -> Ran:
        """One command, and another one where the first has not been enough."""
        before = dict(self._author.program)
        ran = self._command("up at the end")
        if self._author.program != before:
            # The refusal told what to write into the program.
            self.outcome.tags.add("did as it was told")
            ran = self._command("up of the program that was told")
        if self._judged(ran, excused=True) and not self.outcome.problems:
            ran = self._command("up once more")
        return ran

    def _remove_orphans(self) -> bool:
        """Let people find and remove the orphans of a killed create, which no state knows."""
        found = self._world.orphans(self._author.program, self._ids())
        names = {name for program in self._author.before for name in program}
        listed = self._place.listed(names) if found else None
        for place in found:
            self.outcome.tags.add("orphan")
            # Of a chosen id only the journal can tell, which a fresh machine has not.
            told = "fresh machine" not in self.outcome.tags or place[1] not in CHOSEN
            if place[0] == "flow" and listed is not None and place[1] not in listed and told:
                self.outcome.problems.append(f"{' '.join(place)}: an orphan that is not found")
            self._note(f"an orphan is removed: {' '.join(place)}")
            self._people.remove(place)
        return bool(found)

    def _judged(self, ran: Ran, *, excused: bool) -> list[str]:
        ids, program = self._ids(), self._author.program
        found = [f"{name} failed: {text[:300]}" for name, text in ran.failed.items()]
        found += [f"{name} is still in the state" for name in ids if name not in program]
        return found + self._world.problems(program, ids, excused=excused)

    def _nothing_is_sent(self) -> None:
        control = self._place.emulator.control
        before = len(control.requests())
        self._command("up with nothing to do")
        sent = [f"{item['method']} {item['path']}" for item in control.requests()[before:]]
        if sent:
            self.outcome.problems.append(f"with nothing to do, {len(sent)} requests: {sent[:3]}")

    def _ids(self) -> Ids:
        return self._place.ids()

    def _changes(self) -> str:
        """The differences of the program from that of the last command."""
        before, self._told = self._told, dict(self._author.program)
        return _told(self._told, before)

    def _note(self, line: str) -> None:
        self.outcome.story.append(line)


def _told(program: Project, before: Project) -> str:
    """The additions, removals and changes of a program since the one before."""
    lines = [f"+ {name}: {_words(item, None)}" for name, item in program.items()
             if name not in before]  # fmt: skip
    lines += [f"~ {name}: {_words(item, before[name])}" for name, item in program.items()
              if name in before and item != before[name]]  # fmt: skip
    lines += [f"- {name}" for name in before if name not in program]
    return "".join(f"\n    {line}" for line in lines) or " the same program"


def _words(item: Declaration, before: Declaration | None) -> str:
    old = vars(before) if before else {}
    return ", ".join(
        f"{key}={value}"
        for key, value in vars(item).items()
        if key not in ("after", "folder") and (value != old[key] if old else value)
    )


def _copy(one: Emulator, other: Emulator) -> None:
    """Let the other environment hold flows and shares of the same ids."""
    other.control.restore("begun")
    for entity_set, (key, *columns) in _COPIED.items():
        there = {row[key] for row in other.control.rows(entity_set)}
        for row in one.control.rows(entity_set):
            if row[key] not in there:
                kept = {name: row[name] for name in columns if name in row}
                other.control.insert(entity_set, {key: row[key], **kept})


_COPIED = {
    "workflows": ("workflowid", "name", "category", "type", "primaryentity", "clientdata",
                  "description", "statecode", "statuscode"),
    "principalobjectaccessset": ("principalobjectaccessid", "objectid", "objecttypecode",
                                 "principalid", "principaltypecode", "accessrightsmask"),
}  # fmt: skip

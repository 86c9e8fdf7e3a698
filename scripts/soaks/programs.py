"""
Histories of programs that change, or are reverted, straight after a command that failed or died.

No command refreshes, but the first one on a fresh machine, where nothing is known of a killed one.
People edit by hand between the commands, rename resources, and have another environment's
variables in their shell now and then. After two commands at most the environment must be as the
last program declares. An edit that no command could have seen, because nothing was sent about it,
may stay; one that a command reports is right; and after a refresh nothing may differ at all.
"""

from __future__ import annotations

import copy
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator
from scripts.fault_proxy.handle import FaultProxy, rule
from scripts.fault_proxy.presets import PRESETS
from scripts.soaks.command import Command, Death, State
from scripts.soaks.deployments import FAULTS
from scripts.soaks.engine import MOMENTS
from scripts.soaks.outcome import Outcome
from scripts.soaks.projects import facts
from scripts.soaks.projects.people import People
from scripts.soaks.projects.resources import Declaration, Project
from scripts.soaks.projects.world import World, sow
from scripts.soaks.projects.writing import Author
from scripts.soaks.zygote import Zygote
from tests.provider_process import ProviderProcess

_TIMEOUT = "20"
_IMPORT_SECONDS = 0.05
_MOST_UPS = 2
_LAST_REQUEST = 14
_PATHS = ("workflows", "Access", "olution", "connectionreferences|environmentvariable", ".")
# Answers that are the service's own, only not of this request: no client can tell them from true
# ones where they have no body. They are left to the histories of `proxied` that are counted apart.
_DECEIVING = ("swapped",)


class Place:
    """Where histories happen: two environments, a network, and a source of processes."""

    def __init__(self, emulator: Emulator, *, through_proxy: bool = False) -> None:
        self.emulator = emulator
        self.other = Emulator()
        self.proxy = FaultProxy(emulator.url) if through_proxy else None
        self.url = self.proxy.url if self.proxy else emulator.url
        self.packages = Path(tempfile.mkdtemp(prefix="packages-"))
        self.folder = Path(tempfile.mkdtemp(prefix="soak-"))
        self._zygote = Zygote()

    def begin(self) -> None:
        """New environments, and a machine on which nothing is kept."""
        for emulator in (self.emulator, self.other):
            control = emulator.control
            control.clear_faults()
            try:
                control.restore("begun")
            except ValueError:
                control.reset()
                control.switches(import_seconds=_IMPORT_SECONDS)
                sow(emulator)
                control.snapshot("begun")
            control.clear_journal()
        if self.proxy:
            self.proxy.begin()
            self.proxy.end()
        self.move()

    def move(self) -> None:
        """Go on on a fresh machine: what was kept beside the program is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = Path(tempfile.mkdtemp(prefix="soak-"))

    def process(self, url: str) -> ProviderProcess:
        """A provider process for one command."""
        environment = {
            "POWERAUTOMATE_ENVIRONMENT_URL": url,
            "POWERAUTOMATE_ACCESS_TOKEN": "emulator",
            "POWERAUTOMATE_REQUEST_TIMEOUT": _TIMEOUT,
            "HOME": str(self.folder),
            "PULUMI_HOME": str(self.folder / ".pulumi"),
        }
        return ProviderProcess(
            environment, spawn=lambda *call: self._zygote.spawn(*call, self.folder)
        )

    def close(self) -> None:
        """End it."""
        self._zygote.close()
        self.other.close()
        if self.proxy:
            self.proxy.close()
        for folder in (self.folder, self.packages):
            shutil.rmtree(folder, ignore_errors=True)


def start(emulator: Emulator) -> Place:
    """A place for histories."""
    return Place(emulator)


def history(seed: int, emulator: Emulator, place: Place) -> tuple[Place, Outcome]:
    """Run one history; returns the place to go on in, and how it ended."""
    told = _History(seed, place)
    told.live()
    told.outcome.problems += told.strayed
    return place, told.outcome


class _History:
    def __init__(self, seed: int, place: Place) -> None:
        self._seed = seed
        self._chance = chance = random.Random(seed)
        self._place = place
        place.begin()
        self._author = Author(chance, place.packages)
        self._people = People(chance, place.emulator)
        self._world = World(place.emulator, self._people)
        self._state: State = {}
        self._unsettled: set[str] = set()
        # What a command in the wrong environment has done; the history goes on.
        self.strayed: list[str] = []
        self._told: Project = {}
        self.outcome = Outcome()

    def live(self) -> None:
        """The whole history."""
        chance = self._chance
        for _ in range(chance.randint(2, 4)):
            self._author.write()
            self._edit()
            if self._state and chance.random() < 0.15:
                self._in_the_wrong_environment()
            command = self._command("up", faulty=True)
            self._after(command)
            if self.outcome.problems:
                return
        if chance.random() < 0.4:
            self._edit()
        self._settle()

    def _after(self, command: Command) -> None:
        """What whoever runs it does next: go on, revert, change the program, or repeat."""
        chance = self._chance
        if command.died and chance.random() < 0.15:
            self.outcome.tags.add("fresh machine")
            self._place.move()
            self._command("up --refresh on a fresh machine", refresh=True)
        if command.failed or command.died:
            dice = chance.random()
            if dice < 0.5:
                self.outcome.tags.add("reverted")
                self._author.revert()
            elif dice < 0.7:
                self._author.write()
            if dice < 0.85:
                self._command("up right after")

    def _edit(self) -> None:
        before = set(self._people.edits)
        self._people.work(self._author.program, self._ids())
        for edit in self._people.edits:
            if edit not in before:
                self._note(f"by hand: {edit.resource} {' '.join(edit.place)} = {edit.value!r}")

    def _command(self, title: str, *, faulty: bool = False, refresh: bool = False) -> Command:
        """One command, with what it has overwritten."""
        chance, place = self._chance, self._place
        wished = self._misbehave() if faulty else []
        victim = chance.choice(("", "provider", "engine")) if faulty else ""
        death = None
        if victim:
            self.outcome.tags.add("killed")
            operation = 0 if chance.random() < 0.8 else chance.randint(1, 5)
            request = chance.randint(1, _LAST_REQUEST) if operation == 0 else 1
            death = Death(victim, operation, request, chance.choice(MOMENTS[:2]))
        process = place.process(place.url)
        try:
            command = Command(place.emulator, process, self._state, death, previewed=True,
                              keeps_going=chance.random() < 0.5)  # fmt: skip
            program = {name: item.declared(name) for name, item in self._author.program.items()}
            command.run(copy.deepcopy(program), refresh=refresh)
        finally:
            process.close()
            place.emulator.control.clear_faults()
            if place.proxy:
                place.proxy.end()
        said = [f"{urn} {message}" for urn, message, _ in process.log]
        said += [f"{name} {text}" for name, text in command.failed.items()]
        certain = set(self._author.program) - self._unsettled - command.unsettled
        self._unsettled = (self._unsettled | command.unsettled) - (command.done - command.unsettled)
        if command.died:
            self._world.interrupted(self._author.program, command.unsettled, self._ids())
        self._note(f"{title}:{self._changes()}")
        for line in (*map(str, wished), *([str(death)] if death else [])):
            self._note(f"    meets {line}")
        if command.died:
            self._note("    somebody died")
        for name, text in command.failed.items():
            self._note(f"    {name} failed: {text[:300]}")
        if refresh:
            self._world.seen(set(command.done))
        else:
            self.outcome.problems += self._world.overwritten(self._author.program, certain, said)
        self.outcome.problems += self._world.lost(self._author.program, self._ids())
        return command

    def _misbehave(self) -> list[Any]:
        chance, place = self._chance, self._place
        wished: list[Any] = []
        for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
            more: dict[str, Any] = {
                "path": chance.choice(_PATHS),
                "nth": chance.randint(1, 4),
                "times": chance.choice((1, 1, 2, 5)),
            }
            if place.proxy:
                name = chance.choice([name for name in PRESETS if name not in _DECEIVING])
                wished.append(rule(name, **more))
            else:
                fault = {"when": chance.choice(MOMENTS), **chance.choice(FAULTS), **more}
                place.emulator.control.fault(**fault)
                wished.append(fault)
        if place.proxy:
            limit = chance.choice((0, 0, 0, 2))
            place.proxy.begin(wished, seed=self._seed, limit=limit, forget=False)
        return wished

    def _in_the_wrong_environment(self) -> None:
        """Another environment's variable is in the shell: everything has to be refused."""
        place, chance = self._place, self._chance
        verb = chance.choice(("up", "up", "refresh", "destroy"))
        program = self._author.program
        if verb == "up" and not set(program) & set(self._state):
            return
        self.outcome.tags.add("wrong environment")
        self._note(f"{verb} in the wrong environment")
        _copy(place.emulator, place.other)
        place.other.control.clear_journal()
        before = facts.observed(place.other), facts.observed(place.emulator)
        state = copy.deepcopy(self._state)
        process = place.process(place.other.url)
        try:
            command = Command(place.emulator, process, state, previewed=verb == "up")
            declared = {name: item.declared(name) for name, item in program.items()}
            if verb == "refresh":
                declared = {}
                command.failed["nothing"] = ""
            command.failed.clear()
            command.run({} if verb == "destroy" else declared, refresh=verb == "refresh")
        finally:
            process.close()
        sent = [f"{item['method']} {item['path']}" for item in place.other.control.requests()]
        if not command.failed:
            self.strayed.append(f"{verb} in the wrong environment was not refused")
        if sent:
            self.strayed.append(f"{verb} in the wrong environment sent {sent[:3]}")
        if (facts.observed(place.other), facts.observed(place.emulator)) != before:
            self.strayed.append(f"{verb} in the wrong environment changed it")

    def _settle(self) -> None:
        """Two commands at most, then everything as declared; after a refresh without excuse."""
        outcome, world, program = self.outcome, self._world, self._author.program
        self._author.withdraw()
        command = self._twice()
        problems = self._judged(command, excused=True)
        if problems and self._remove_orphans():
            command = self._twice()
            problems = self._judged(command, excused=True)
        reported = world.conflicts(program, command.failed)
        if problems and not outcome.problems and reported:
            # Whoever is told of a conflict looks at it.
            self.outcome.tags.add("conflict reported")
        else:
            outcome.problems += problems
        if outcome.problems:
            return
        for _ in range(_MOST_UPS):
            command = self._command("up --refresh", refresh=True)
            problems = self._judged(command, excused=False)
            if not problems:
                break
        outcome.problems += [f"after a refresh: {problem}" for problem in problems]
        if not outcome.problems:
            self._nothing_is_sent(program)

    def _twice(self) -> Command:
        """One command, and another one where the first has not been enough."""
        command = self._command("up at the end")
        if self._judged(command, excused=True) and not self.outcome.problems:
            command = self._command("up once more")
        return command

    def _remove_orphans(self) -> bool:
        """What a killed create has left, and no state knows, is found and removed by people."""
        found = self._world.orphans(self._author.program, self._ids())
        for place in found:
            self.outcome.tags.add("orphan")
            self._note(f"an orphan is removed: {' '.join(place)}")
            self._people.remove(place)
        return bool(found)

    def _judged(self, command: Command, *, excused: bool) -> list[str]:
        found = [f"{name} failed: {text[:300]}" for name, text in command.failed.items()]
        found += [f"{name} is still in the state" for name in self._state
                  if name not in self._author.program]  # fmt: skip
        return found + self._world.problems(self._author.program, self._ids(), excused=excused)

    def _nothing_is_sent(self, program: Project) -> None:
        control = self._place.emulator.control
        before = len(control.requests())
        self._command("up with nothing to do")
        sent = [f"{item['method']} {item['path']}" for item in control.requests()[before:]]
        if sent:
            self.outcome.problems.append(f"with nothing to do, {len(sent)} requests: {sent[:3]}")

    def _ids(self) -> dict[str, str]:
        return {name: kept.id for name, kept in self._state.items()}

    def _changes(self) -> str:
        """What the program has otherwise than at the last command."""
        before, self._told = self._told, dict(self._author.program)
        return _told(self._told, before)

    def _note(self, line: str) -> None:
        self.outcome.story.append(line)


def _told(program: Project, before: Project) -> str:
    """What a program has more, less or otherwise than the one before."""
    lines = [f"+ {name}: {_words(item, None)}" for name, item in program.items()
             if name not in before]  # fmt: skip
    lines += [f"~ {name}: {_words(item, before[name])}" for name, item in program.items()
              if name in before and item != before[name]]  # fmt: skip
    lines += [f"- {name}" for name in before if name not in program]
    return "".join(f"\n    {line}" for line in lines) or " the same program"


def _words(item: Declaration, before: Declaration | None) -> str:
    old = vars(before) if before else {}
    return ", ".join(
        f"{key}={value}" for key, value in vars(item).items()
        if key not in ("after", "folder") and (value != old[key] if old else value)
    )  # fmt: skip


def _copy(one: Emulator, other: Emulator) -> None:
    """Let the other environment hold flows and shares of the same ids."""
    other.control.restore("begun")
    for entity_set, key in (
        ("workflows", "workflowid"),
        ("principalobjectaccessset", "principalobjectaccessid"),
    ):
        there = {row[key] for row in other.control.rows(entity_set)}
        for row in one.control.rows(entity_set):
            if row[key] not in there:
                kept = {name: row[name] for name in _COPIED[entity_set] if name in row}
                other.control.insert(entity_set, {key: row[key], **kept})


_COPIED = {
    "workflows": ("name", "category", "type", "primaryentity", "clientdata", "description",
                  "statecode", "statuscode"),
    "principalobjectaccessset": ("objectid", "objecttypecode", "principalid", "principaltypecode",
                                 "accessrightsmask"),
}  # fmt: skip

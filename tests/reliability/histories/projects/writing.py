"""How somebody's program changes from one commit to the next."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.reliability.histories.projects.facts import SOLUTIONS
from tests.reliability.histories.projects.resources import (
    MASKS,
    PACKAGED_REFERENCE,
    PACKAGED_VARIABLE,
    Component,
    Declaration,
    Flow,
    Package,
    Project,
    Reference,
    Share,
    ShareList,
    Variable,
)

ALICE = ("user", "0e6a3b61-0000-4000-8000-000000000011")
BOB = ("user", "0e6a3b61-0000-4000-8000-000000000012")
CAROL = ("user", "0e6a3b61-0000-4000-8000-000000000013")
TEAM = ("team", "0e6a3b61-0000-4000-8000-000000000021")
PEOPLE = (ALICE, BOB, TEAM)
FOREIGN = "99999999-9999-4999-8999-999999999999"
SHARED = "11111111-1111-4111-8111-111111111111"
LISTED = "22222222-2222-4222-8222-222222222222"
# Ids that the flow `chosen` goes to and fro between: each change replaces it.
CHOSEN = ("c0000000-0000-4000-8000-000000000001", "c0000000-0000-4000-8000-000000000002")
VARIABLES = {
    "contoso_Url": "e0000000-0000-4000-8000-000000000001",
    "contoso_Other": "e0000000-0000-4000-8000-000000000002",
}
_MAILS = ("contoso_mail", "contoso_post")
_CONNECTIONS = ("connection-1", "connection-2", "connection-3")
_TEXTS = ("one", "two", "three")
_SINGLE = "listed-"
_ANEW = "-anew"
_RENAMED = ("chosen", "extra", "url", "list", "share")


def other_name(name: str) -> str:
    """The name under which a resource is declared anew, or the one that it had before."""
    return name.removesuffix(_ANEW) if name.endswith(_ANEW) else name + _ANEW


class Author:
    """Writes a program, changes it, and reverts it."""

    def __init__(self, chance: random.Random, folder: Path) -> None:
        self._chance = chance
        self._folder = folder
        self._versions = 1
        self.program: Project = {}
        self.before: list[Project] = []
        """What the program was, newest last."""
        self._with_package = chance.random() < 0.3
        self._with_caller = chance.random() < 0.2

    def write(self) -> None:
        """Change it: some resources stay, some change, come or go."""
        self._next(self._written())

    def revert(self) -> None:
        """Back to what it was before the last change."""
        if self.before:
            self._next(self._forward(self.before[-1]))

    def withdraw(self) -> None:
        """Notice what cannot be: somebody else's flow."""
        self.program.pop("refused", None)

    def obey(self, failed: Mapping[str, str], known: Collection[str]) -> None:
        """
        Do what a refusal asks for.

        Let a new flow come before the old one goes, and let a share that is declared by another
        resource replace what it was under the former one, which the state still has.
        """
        for name, text in failed.items():
            item = self.program.get(name)
            if isinstance(item, Flow) and "delete_before_replace=False" in text:
                self.program = {**self.program, name: replace(item, new_first=True)}
            is_known = other_name(name) in known
            if name.startswith((_SINGLE, "list")):
                is_known |= any(other.startswith((_SINGLE, "list")) for other in known)
            if isinstance(item, Share | ShareList) and is_known and "on_conflict=" in text:
                self.program = {**self.program, name: replace(item, on_conflict="overwrite")}

    def _next(self, program: Project) -> None:
        self.before.append(self.program)
        self.program = program

    def _forward(self, program: Project) -> Project:
        """A package that was declared before comes back as a newer one: versions only rise."""
        found = dict(program)
        old, new = found.get("package"), self.program.get("package")
        if isinstance(old, Package) and old != new:
            self._versions += 1
            found["package"] = replace(old, number=self._versions)
        return found

    def _written(self) -> Project:
        chance = self._chance
        program: Project = {}
        if chance.random() < 0.04:
            # Everything goes, as `pulumi destroy` lets it.
            return program
        self._slot(program, "mail", 0.7, self._mail)
        self._slot(program, "extra", 0.5, self._extra)
        self._slot(program, "url", 0.6, self._variable)
        self._slot(program, "a", 0.85, self._flow)
        self._renamed(program)
        self._slot(program, "chosen", 0.6, self._chosen)
        if "mail" in program:
            self._slot(program, "mailer", 0.8, self._flow)
        if self._with_caller and "chosen" in program:
            self._slot(program, "caller", 0.7, self._flow)
        for number, person in enumerate(PEOPLE):
            self._slot(program, f"share-{number}", 0.35, self._sharing(person))
        if "a" in program:
            self._slot(program, "share-of-a", 0.5, self._sharing(TEAM, "a"))
        self._listed(program)
        if self._with_package:
            self._slot(program, "package", 0.8, lambda _: self._package())
            self._bound(program)
        self._membership(program)
        if chance.random() < 0.07:
            # Somebody else's flow has this id: refused, and left alone.
            program["refused"] = Flow(workflow_id=FOREIGN)
        return self._wired(program)

    def _slot(
        self, program: Project, name: str, likely: float, make: Callable[[Any], Declaration]
    ) -> None:
        """
        Keep a declaration, change a word of it, write it anew, or leave it out.

        Some are declared under another name now and then, so that the new resource takes over what
        the old one still has; with an alias or without.
        """
        chance = self._chance
        name = next((each for each in (name, other_name(name)) if each in self.program), name)
        old = self.program.get(name)
        dice = chance.random()
        if old is not None and old.alias and name.partition("-")[0] in _RENAMED:
            old = replace(old, alias="")
        if old is not None and chance.random() < 0.06 and self._may_be_renamed(name):
            program[other_name(name)] = replace(old, alias=chance.choice(("", name)))
        elif old is None:
            if dice < likely:
                program[name] = make(old)
        elif dice < 0.5:
            program[name] = old
        elif dice < 0.88:
            program[name] = make(old)

    def _may_be_renamed(self, name: str) -> bool:
        is_called = self._with_caller and name.startswith("chosen")
        return name.partition("-")[0] in _RENAMED and name != "share-of-a" and not is_called

    def _listed(self, program: Project) -> None:
        """The shares of a flow: in a list, or now and then as resources of their own."""
        chance = self._chance
        singles = {name: item for name, item in self.program.items() if name.startswith(_SINGLE)}
        if not singles:
            self._slot(program, "list", 0.4, lambda _: self._list())
            name = next((name for name in ("list", f"list{_ANEW}") if name in program), "")
            shares = program.get(name)
            if name in self.program and isinstance(shares, ShareList) and chance.random() < 0.15:
                del program[name]
                for number, (who, access) in enumerate(shares.shares):
                    program[f"{_SINGLE}{number}"] = Share(LISTED, who, access, shares.on_conflict)
        elif chance.random() < 0.3:
            found = [item for item in singles.values() if isinstance(item, Share)]
            declared = tuple((item.principal, item.access) for item in found)
            program["list"] = ShareList(LISTED, declared, found[0].on_conflict)
        else:
            program.update(item for item in singles.items() if chance.random() < 0.8)

    def _bound(self, program: Project) -> None:
        """The bindings of a package, which resources of their own declare now and then."""
        chance, package = self._chance, program.get("package")
        if not isinstance(package, Package):
            return
        value, reference = self.program.get("packaged-value"), self.program.get("packaged-mail")
        if (chance.random() < 0.1) != isinstance(value, Variable):
            text = package.value or chance.choice(_TEXTS)
            program["packaged-value"] = Variable(PACKAGED_VARIABLE, text, ("package",))
            package = replace(package, value=None)
        elif package.value is None and isinstance(value, Variable):
            package = replace(package, value=value.value)
        if (chance.random() < 0.1) != isinstance(reference, Reference):
            connection = package.connection or chance.choice(_CONNECTIONS)
            program["packaged-mail"] = Reference(PACKAGED_REFERENCE, connection, after=("package",))
            package = replace(package, connection=None)
        elif package.connection is None and isinstance(reference, Reference):
            package = replace(package, connection=reference.connection_id)
        program["package"] = package

    def _membership(self, program: Project) -> None:
        """The flow `a` is in a solution by itself, or by a resource of its own now and then."""
        chance, flow, old = self._chance, program.get("a"), self.program.get("a-in")
        if not isinstance(flow, Flow):
            return
        if isinstance(old, Component):
            if chance.random() < 0.3:
                program["a"] = replace(flow, solution=old.solution)
            else:
                program["a"], program["a-in"] = replace(flow, solution=None), old
        elif flow.solution and "a" in self.program and chance.random() < 0.12:
            program["a"] = replace(flow, solution=None)
            program["a-in"] = Component("a", flow.solution)

    def _renamed(self, program: Project) -> None:
        """The flow `b`, which is called `b2` now and then: as an alias, or as another flow."""
        chance = self._chance
        old = next((name for name in ("b", "b2") if name in self.program), None)
        dice = chance.random()
        if old is None or dice > 0.25:
            self._slot(program, old or "b", 0.75, self._flow)
            if old and old in program:
                program[old] = replace(program[old], alias="")
            return
        new = "b2" if old == "b" else "b"
        made = self.program[old]
        if chance.random() < 0.5 and isinstance(made, Flow):
            made = self._flow(made)
        program[new] = replace(made, alias=old if dice < 0.15 else "")

    def _wired(self, program: Project) -> Project:
        """With references between resources as they are now."""
        mail, mailer = program.get("mail"), program.get("mailer")
        if isinstance(mail, Reference) and isinstance(mailer, Flow):
            program["mailer"] = replace(mailer, reference=mail.logical_name, after=("mail",))
        child, caller = program.get("chosen"), program.get("caller")
        if isinstance(child, Flow) and isinstance(caller, Flow):
            state = caller.state if child.state == "on" else "off"
            program["caller"] = replace(
                caller, child=str(child.workflow_id), state=state, after=("chosen",)
            )
        return program

    def _flow(self, old: Flow | None) -> Flow:
        chance = self._chance
        new: dict[str, Any] = {
            "text": chance.choice(_TEXTS),
            "state": chance.choice(("on", "off")),
            "title": chance.choice((None, None, "title")),
            "description": chance.choice((None, "x", "y")),
            "solution": chance.choice((None, *SOLUTIONS)),
            "owner": chance.choice((None, None, BOB[1], CAROL[1])),
            "on_conflict": chance.choice((None, None, None, "overwrite")),
        }
        if old is None:
            return Flow(**new)
        return replace(old, alias="", **self._few(new))

    def _chosen(self, old: Flow | None) -> Flow:
        ids = CHOSEN if old is None or self._chance.random() < 0.3 else (old.workflow_id,)
        return replace(self._flow(old), workflow_id=self._chance.choice(ids), on_conflict="adopt")

    def _few(self, new: dict[str, Any]) -> dict[str, Any]:
        """One or two of the changes."""
        return {
            key: new[key]
            for key in self._chance.sample(sorted(new), self._chance.choice((1, 1, 2)))
        }

    def _mail(self, old: Reference | None) -> Reference:
        chance = self._chance
        name = chance.choice(_MAILS) if old is None or chance.random() < 0.1 else old.logical_name
        connection = chance.choice(_CONNECTIONS)
        return Reference(name, connection, chance.choice((None, "Mail")), None)

    def _extra(self, old: Reference | None) -> Reference:
        chance = self._chance
        new: dict[str, Any] = {
            "connection_id": chance.choice((None, *_CONNECTIONS)),
            "display_name": chance.choice((None, "Extra", "More")),
            "description": chance.choice((None, "x", "y")),
        }
        if old is None:
            return Reference("contoso_extra", **new)
        return replace(old, **self._few(new))

    def _variable(self, old: Variable | None) -> Variable:
        chance = self._chance
        name = "contoso_Url" if chance.random() < 0.8 else "contoso_Other"
        return Variable(name if old is None else chance.choice((old.schema_name, name)),
                        chance.choice(_TEXTS))  # fmt: skip

    def _rights(self) -> tuple[str, ...]:
        return tuple(sorted(self._chance.sample(sorted(MASKS), self._chance.randint(1, 2))))

    def _sharing(self, principal: tuple[str, str], flow: str = SHARED) -> Callable[[object], Share]:
        return lambda _: Share(flow, principal, self._rights(), self._on_conflict())

    def _list(self) -> ShareList:
        chosen = [person for person in PEOPLE if self._chance.random() < 0.6]
        shares = tuple((person, self._rights()) for person in chosen)
        return ShareList(LISTED, shares, self._on_conflict())

    def _on_conflict(self) -> str | None:
        return self._chance.choice((None, "overwrite"))

    def _package(self) -> Package:
        chance, old = self._chance, self.program.get("package")
        connection: str | None
        value: str | None
        connection, value = chance.choice(_CONNECTIONS), chance.choice(_TEXTS)
        if isinstance(old, Package):
            # Those that resources of their own declare stay with them.
            connection = connection if old.connection else None
            value = value if old.value else None
        if isinstance(old, Package) and chance.random() < 0.4:
            return replace(old, connection=connection, value=value)
        self._versions += 1
        text, synchronous = chance.choice(_TEXTS), chance.random() < 0.4
        return Package(self._folder, self._versions, text, connection, value, synchronous)

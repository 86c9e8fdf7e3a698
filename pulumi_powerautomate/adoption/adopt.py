"""From an environment to a folder: the whole of an adoption."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import SETTINGS, is_guid
from ..errors import InvalidInputError
from ..flow import normalize_references, validate
from ..flow.credentials import credentials_in
from ..flow.validation import NEVER_IGNORED
from ..operations.selection import Selection
from ..provider import single_owner
from . import program
from .import_file import Entries, Stack
from .inventory import FoundFlow, Inventory, logical_names, take_inventory
from .naming import Names, module_name, slug
from .project_folder import ADOPTED, IMPORT, Folder, added_config

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..client.flows.requests import LiveFlow
    from ..client.principals import Owner

_MOST_NAMED = 5
_ENVIRONMENT = SETTINGS["environment_url"].key


@dataclass
class Adoption:
    """
    The result of an adoption.

    Attributes:
        folder: where the program is.
        stack: the stack it was made for.
        flows: display names of the flows that were added.
        references: logical names of the connection references that were added.
        shares: how many shares were added.
        known: how many of the selected flows were adopted before.
        skipped: (name, reason) of what cannot be adopted.
        credentials: what looks like a credential in the definitions, by name of the flow.
        notes: what the person has to know or to do.
    """

    folder: Path
    stack: str
    flows: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    shares: int = 0
    known: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    credentials: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def adopt(
    client: DataverseClient,
    wanted: Selection,
    path: Path,
    *,
    stack: str | None = None,
    project: str | None = None,
    organization: str = "organization",
    choose: Callable[[Sequence[LiveFlow]], Collection[str]] | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> Adoption:
    """
    Write a program for flows that exist, or add to one, and the file that imports them.

    Args:
        wanted: which flows.
        path: the program's folder, new or with a program in it.
        stack: the stack's name; the only one that the folder configures, or `dev`.
        project: the project's name; the one in the folder, or the folder's own name.
        organization: Pulumi organization of the stack.
        choose: asked which of the flows are meant, by id.
        report: told what is going on.

    Raises:
        InvalidInputError: the selection means nobody, or the folder holds what cannot be added to.
    """
    folder = Folder(path)
    stacks = folder.stacks
    stack = stack or (stacks[0] if len(stacks) == 1 else "dev")
    project = folder.project or project or slug(path.resolve().name) or "flows"
    result = Adoption(path, stack)
    _same_environment(folder, stack, client.connection.environment_url)

    def known(flow_id: str) -> bool:
        return flow_id in folder.ids or flow_id in folder.adopted

    found = take_inventory(client, wanted, known, choose, report)
    single_owner.begin_program()
    entries = Entries(Stack(organization, project, stack), client.connection)
    writer = _Writer(folder, entries, found)
    writer.write(client.connection.environment_url)
    result.flows, result.references = writer.flows, writer.references
    result.shares, result.known = writer.shares, found.known
    result.skipped = [*found.skipped, *writer.skipped]
    gone = sorted(module for id_, module in folder.adopted.items()
                  if is_guid(id_) and id_ not in folder.ids)  # fmt: skip
    if gone:
        result.notes.append(
            f"{len(gone)} adopted before and since taken out of the program ({', '.join(gone[:3])}"
            f"{', …' if len(gone) > 3 else ''}) stay out; remove their lines from {ADOPTED} to "
            "adopt them again."
        )
    result.notes += [*_notes_on(found, writer.flows), *writer.notes]
    result.credentials = writer.credentials
    return result


def _notes_on(found: Inventory, adopted: Collection[str]) -> list[str]:
    """Notes about the flows that were added."""
    flows = [flow for flow in found.flows if flow.live.name in adopted]
    own = [flow.live.name for flow in flows if flow.shared_with_owner]
    notes = []
    if own:
        notes.append(
            f"{_named(own)}: shared with the flow's own owner too. An owner has every right, so "
            "the share is not declared, and stays as it is."
        )
    drafts = [flow.live.name for flow in flows if flow.live.workflow_id in found.drafts]
    if drafts:
        notes.append(
            f"{_named(drafts)}: a maker has saved a draft that is not published. The program has "
            "what is published; `pulumi-powerautomate flows --drafts` tells what the draft changes."
        )
    return notes


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(map(repr, names[:_MOST_NAMED]))}{more}"


def _same_environment(folder: Folder, stack: str, environment_url: str) -> None:
    configured = folder.configured(stack, _ENVIRONMENT)
    if configured is not None and configured.rstrip("/").lower() != environment_url:
        raise InvalidInputError(
            f"{folder.config_path(stack)} is for {configured}, and you are connected to "
            f"{environment_url}; use another folder, or connect to that environment."
        )


class _Writer:
    """Decides on names and keys first, then writes: what imports before what it stands for."""

    def __init__(self, folder: Folder, entries: Entries, found: Inventory) -> None:
        self._folder = folder
        self._entries = entries
        self._found = found
        self._names = Names(folder.taken_names(program.FLOWS))
        self._config: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._known_keys: set[str] = set()
        self._imports: list[dict[str, Any]] = []
        self._files: list[tuple[str, str, bool]] = []
        self.credentials: dict[str, list[str]] = {}
        self._modules: dict[str, str] = {}
        self.flows: list[str] = []
        self.references: list[str] = []
        self.shares = 0
        self.skipped: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def write(self, environment_url: str) -> None:
        """Add what was found to the folder."""
        self._read_keys()
        for flow in self._found.flows:
            try:
                self._add_flow(flow)
            except InvalidInputError as error:
                self.skipped.append((flow.live.name, f"a program cannot declare it: {error}"))
        if not self.flows:
            return
        folder, stack = self._folder, self._entries.stack
        # In this order, an interruption leaves either no trace of a flow in the program, so that
        # it is adopted next time, or all that belongs to it.
        resources = [*folder.imports(), *self._imports]
        folder.replace(IMPORT, _pretty({"resources": resources}), private=True)
        folder.add("Pulumi.yaml", program.project_file(stack.project, environment_url))
        folder.add("requirements.txt", program.requirements())
        folder.add(f"{program.SETTINGS}.py", program.STACK_SETTINGS)
        config = {_ENVIRONMENT: environment_url, **self._config}
        text = folder.config_text(stack.name)
        folder.replace(folder.config_path(stack.name).name, added_config(text, config))
        if not folder.add("__main__.py", program.MAIN):
            self._look_at_main()
        for package in (program.REFERENCES, program.FLOWS):
            self._add_package(package)
        for name, content, private in self._files:
            folder.add(name, content, private=private)
        folder.replace(ADOPTED, _pretty({**folder.adopted, **self._modules}))

    def _add_flow(self, found: FoundFlow) -> None:
        live = found.live
        definition = json.loads(live.definition)
        plain, coded = self._references(found, definition)
        document = _pretty(definition)
        name, module = self._name(live, document)
        ignored = self._ignored(found, definition)
        credentials = credentials_in(definition)
        secret = bool(credentials)
        imports = [
            self._entries.flow(name, found, definition, plain, sorted(ignored), secret=secret)
        ]
        shares = []
        for share in found.shares:
            key = self._principal(share.principal)
            share_name = self._names.take(f"{name} {key}", share.principal.id, "share")
            shares.append((share_name, key, share))
            imports.append(self._entries.share(share_name, live.workflow_id, share))
        text = program.flow_module(
            *(name, f"{module}.json", found, coded, self._principal(found.owner), shares),
            ignored=ignored,
            secret=secret,
        )
        for logical_name in sorted(logical_names(found)):
            self._add_reference(logical_name)
        self._imports += imports
        if secret:
            self.credentials.setdefault(live.name, []).extend(credentials)
        self._files += [
            (f"{module}.json", document, secret),
            (f"{module}.py", text, False),
        ]
        self._modules[live.workflow_id] = f"{module}.py"
        self.flows.append(live.name)
        self.shares += len(shares)

    def _ignored(self, found: FoundFlow, definition: dict[str, Any]) -> dict[str, str]:
        """
        The rules that are wrong about a flow, each with what it says.

        A flow that is on has been accepted by the service, whatever a rule of ours says.
        """
        if found.live.state != "on":
            return {}
        problems = validate(definition, found.live.references or {})
        rules = {
            item.code: item.message
            for item in reversed(problems)
            if item.severity == "error" and item.code not in NEVER_IGNORED
        }
        if rules:
            self.notes.append(
                f"{found.live.name!r} is on although {', '.join(sorted(rules))} "
                f"{'say' if len(rules) > 1 else 'says'} that it could not be; its module ignores "
                "them, with the reason."
            )
        return rules

    def _name(self, live: LiveFlow, definition: str) -> tuple[str, str]:
        """Resource name and path of the module of a flow, where no other file is in the way."""
        while True:
            name = self._names.take(live.name, live.workflow_id, "flow")
            module = f"{program.FLOWS}/{module_name(name)}"
            if self._folder.free(f"{module}.json", definition):
                return name, module

    def _add_reference(self, logical_name: str) -> None:
        """A connection reference as a resource, once; a managed or missing one stays a name."""
        folder = self._folder
        found = self._found.references.get(logical_name.lower())
        name = found.logical_name if found is not None else logical_name
        if name in self._modules or name in folder.adopted or folder.declares_reference(name):
            return
        if found is None or found.managed:
            return
        try:
            entry = self._entries.reference(found)
        except InvalidInputError as error:
            reason = (name, f"a program cannot declare this connection reference: {error}")
            self.skipped += [reason] if reason not in self.skipped else []
            return
        module = self._reference_module(name)
        if found.connection_id:
            self._config[self._key(f"connection-{name}")] = found.connection_id
        self._imports.insert(0, entry)
        self._files.append((module, program.reference_module(found), False))
        self._modules[name] = module
        self.references.append(name)

    def _reference_module(self, name: str) -> str:
        """Where a connection reference is declared; a module's name has no dots or hyphens."""
        base = f"{program.REFERENCES}/{re.sub(r'[^0-9a-z_]', '_', name.lower())}"
        taken = {*self._modules.values(), *map(str, self._folder.adopted.values())}
        number, module = 1, f"{base}.py"
        while module in taken:
            number += 1
            module = f"{base}_{number}.py"
        return module

    def _references(
        self, found: FoundFlow, definition: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """A flow's connection references with plain values, and as code."""
        plain, coded = {}, {}
        for key, entry in (found.live.references or {}).items():
            short = entry.get("logical_name")
            if short and normalize_references({key: short}, definition)[key] == entry:
                plain[key] = coded[key] = short
                continue
            whole = dict(entry)
            if "id" in whole:
                whole.setdefault("source", "NotSpecified")
            plain[key] = whole
            coded[key] = dict(whole)
            if whole.get("connection_name"):
                coded[key]["connection_name"] = self._connection(whole)
        return plain, coded

    def _connection(self, entry: dict[str, Any]) -> program.Setting:
        """The key of a connection that a flow is bound to directly."""
        connection = str(entry["connection_name"])
        connector = str(entry["id"]).rpartition("/")[2].removeprefix("shared_")
        return program.Setting(self._keyed("connection", connection, connector, connection))

    def _principal(self, who: Owner) -> str:
        """The key of a user or team."""
        called = self._found.names.get(who, "").partition("@")[0]
        return self._keyed("principal", f"{who.kind}/{who.id}", called or who.kind, who.id)

    def _keyed(self, kind: str, value: str, called: str, id_: str) -> str:
        """The key of a value in the stack's settings, the one it has already where it has one."""
        if f"{kind} {value}" not in self._keys:
            taken = {key.partition(f":{kind}-")[2] for key in self._config_keys()}
            key = Names(taken).take(called, id_, kind)
            self._keys[f"{kind} {value}"] = key
            self._config[self._key(f"{kind}-{key}")] = value
        return self._keys[f"{kind} {value}"]

    def _read_keys(self) -> None:
        """The keys that the stack's configuration has already, by what they stand for."""
        text = self._folder.config_text(self._entries.stack.name)
        prefix = f"{self._entries.stack.project}:"
        for line in text.splitlines():
            key, _, value = line.strip().partition(": ")
            kind, _, called = key.strip("\"'").removeprefix(prefix).partition("-")
            if key.strip("\"'").startswith(prefix) and kind in ("principal", "connection"):
                self._keys.setdefault(f"{kind} {value.strip().strip(chr(34) + chr(39))}", called)
                self._known_keys.add(key.strip("\"'"))

    def _config_keys(self) -> set[str]:
        return {*self._config, *self._known_keys}

    def _key(self, name: str) -> str:
        return f"{self._entries.stack.project}:{name}"

    def _add_package(self, package: str) -> None:
        name = f"{package}/__init__.py"
        if not self._folder.add(name, program.PACKAGE):
            text = (self._folder.path / name).read_text("utf-8")
            if "iter_modules" not in text:
                self.notes.append(
                    f"{name} is your own: import the new modules of the folder there."
                )

    def _look_at_main(self) -> None:
        text = (self._folder.path / "__main__.py").read_text("utf-8")
        missing = [name for name in (program.REFERENCES, program.FLOWS) if name not in text]
        if missing:
            lines = " and ".join(f"`import {name}`" for name in missing)
            self.notes.append(f"__main__.py is your own: add {lines} to it.")


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"

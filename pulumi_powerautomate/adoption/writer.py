"""
From what was found to the additions to a program.

Names and keys are decided first, then all is written, the file to import before what it is for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..config import SETTINGS
from ..errors import InvalidInputError
from ..flow import children_of, normalize_references, validate
from ..flow.credentials import credentials_in
from ..flow.validation import NEVER_IGNORED
from .declaration import FLOWS, Declarations, FlowDeclaration, ReferenceDeclaration, Setting
from .import_file import Entries
from .inventory import FoundFlow, Inventory, logical_names
from .language import Language
from .naming import Names, module_name
from .project_folder import ADOPTED, IMPORT, added_config
from .stack_keys import StackKeys

if TYPE_CHECKING:
    from ..client.flows.requests import LiveFlow
    from ..client.principals import Owner

ENVIRONMENT = SETTINGS["environment_url"].key


class Writer:
    """
    Adds what was found to a program.

    Attributes:
        flows: display names of the flows that were added.
        references: logical names of the connection references that were added.
        shares: how many shares were added.
        skipped: (name, reason) of what a program cannot declare.
        credentials: what looks like a credential in the definitions, by name of the flow.
        notes: what the person has to know.
    """

    def __init__(self, language: Language, entries: Entries, found: Inventory) -> None:
        self._language = language
        self._folder = language.folder
        self._entries = entries
        self._found = found
        self._names = Names(language.taken_names())
        stack = entries.stack
        self._keys = StackKeys(stack.project, self._folder.config_text(stack.name))
        self._imports: list[dict[str, Any]] = []
        self._places: dict[str, str] = {}
        self._new = Declarations(
            stack.project,
            entries.connection.environment_url,
            self._folder.config_path(stack.name).name,
        )
        self.credentials: dict[str, list[str]] = {}
        self.flows: list[str] = []
        self.references: list[str] = []
        self.shares = 0
        self.skipped: list[tuple[str, str]] = []
        self.notes: list[str] = []

    def write(self) -> None:
        """Add what was found to the folder."""
        for flow in self._found.flows:
            try:
                self._add_flow(flow)
            except InvalidInputError as error:
                self.skipped.append((flow.live.name, f"a program cannot declare it: {error}"))
        if not self.flows:
            return
        folder, new = self._folder, self._new
        config = {ENVIRONMENT: new.environment_url, **self._keys.config}
        new.config = added_config(folder.config_text(self._entries.stack.name), config)
        self._language.prepare(new)
        # In this order, an interruption leaves either no trace of a flow in the program, so that
        # it is adopted next time, or all that belongs to it.
        resources = [*folder.imports(), *self._imports]
        folder.replace(IMPORT, _pretty({"resources": resources}), private=True)
        self._language.write(new)
        folder.replace(ADOPTED, _pretty({**folder.adopted, **self._places}))

    def _add_flow(self, found: FoundFlow) -> None:
        live = found.live
        definition = json.loads(live.definition)
        plain, coded = self._references(found, definition)
        text = _pretty(definition)
        name, module = self._name(live, text)
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
        declaration = FlowDeclaration(
            name=name,
            module=module,
            found=found,
            definition=text,
            calls=children_of(definition),
            references=coded,
            owner=self._principal(found.owner),
            shares=tuple(shares),
            ignored=ignored,
            secret=secret,
        )
        for logical_name in sorted(logical_names(found)):
            self._add_reference(logical_name)
        self._imports += imports
        if secret:
            self.credentials.setdefault(live.name, []).extend(credentials)
        self._new.flows.append(declaration)
        self._places[live.workflow_id] = self._language.place_of_flow(module)
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
                f"{'say' if len(rules) > 1 else 'says'} that it could not be; its "
                f"{self._language.unit} ignores them, with the reason."
            )
        return rules

    def _name(self, live: LiveFlow, definition: str) -> tuple[str, str]:
        """Resource name and path of the module of a flow, where no other file is in the way."""
        while True:
            name = self._names.take(live.name, live.workflow_id, "flow")
            module = f"{FLOWS}/{module_name(name)}"
            if self._folder.free(f"{module}.json", definition):
                return name, module

    def _add_reference(self, logical_name: str) -> None:
        """A connection reference as a resource, once; a managed or missing one stays a name."""
        folder = self._folder
        found = self._found.references.get(logical_name.lower())
        name = found.logical_name if found is not None else logical_name
        if name in self._places or name in folder.adopted or folder.declares_reference(name):
            return
        if found is None or found.managed:
            return
        try:
            entry = self._entries.reference(found)
        except InvalidInputError as error:
            reason = (name, f"a program cannot declare this connection reference: {error}")
            self.skipped += [reason] if reason not in self.skipped else []
            return
        taken = {*self._places.values(), *map(str, folder.adopted.values())}
        place = self._language.place_of_reference(name, taken)
        setting = Setting(
            self._language.setting_of(
                name, lambda key: self._keys.is_free(f"connection-{key}", found.connection_id or "")
            )
        )
        if found.connection_id:
            self._keys.set(f"connection-{setting}", found.connection_id)
        self._imports.insert(0, entry)
        self._new.references.append(ReferenceDeclaration(place, found, setting))
        self._places[name] = place
        self.references.append(name)

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

    def _connection(self, entry: dict[str, Any]) -> Setting:
        """The key of a connection that a flow is bound to directly."""
        connection = str(entry["connection_name"])
        connector = str(entry["id"]).rpartition("/")[2].removeprefix("shared_")
        return Setting(self._keys.keyed("connection", connection, connector, connection))

    def _principal(self, who: Owner) -> str:
        """The key of a user or team."""
        called = self._found.names.get(who, "").partition("@")[0]
        key = self._keys.keyed("principal", f"{who.kind}/{who.id}", called or who.kind, who.id)
        if key not in self._new.principals:
            self._new.principals.append(key)
        return key


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"

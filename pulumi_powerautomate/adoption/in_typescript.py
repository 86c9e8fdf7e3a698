"""Adoption into a program in TypeScript, with the native provider."""

from __future__ import annotations

import re
from typing import ClassVar

from ..errors import InvalidInputError
from . import typescript_program as text
from .call_order import called_elsewhere, called_first
from .declaration import FLOWS, REFERENCES, Declarations
from .language import Language
from .literals import project_file
from .project_folder import Folder


class TypeScriptFolder(Folder):
    """A folder whose program is in TypeScript; libraries and what is compiled are left out."""

    ending: ClassVar[str] = ".ts"
    made: ClassVar[frozenset[str]] = frozenset({"node_modules", "sdk", "sdks", "bin"})
    _logical_name: ClassVar[str] = r"""logicalName\s*:\s*["']{}["']"""


class TypeScript(Language):
    """One module for each flow and each connection reference, and an index of each folder."""

    name = "typescript"
    runtime = "nodejs"
    ending = ".ts"

    def taken_names(self) -> set[str]:
        folder = self.folder
        stems = {path.stem.replace("_", "-") for path in (folder.path / FLOWS).glob("*.ts")}
        return {*stems, *folder.quoted, "index"}

    def prepare(self, new: Declarations) -> None:
        folder = self.folder.path
        if (folder / "index.js").exists() and not (folder / "index.ts").exists():
            raise InvalidInputError(
                f"The program in {folder} is JavaScript, index.js; use another folder."
            )

    def write(self, new: Declarations) -> None:
        folder = self.folder
        folder.add("Pulumi.yaml", project_file(new.project, new.environment_url, "nodejs"))
        folder.add("package.json", text.package_file(new.project))
        folder.add("tsconfig.json", text.TSCONFIG)
        folder.add(f"{text.SETTINGS}.ts", text.STACK_SETTINGS)
        folder.replace(new.config_file, new.config)
        if not folder.add("index.ts", text.MAIN):
            self._look_at_main()
        # Before the modules, so that no flow is in a module that the program does not load.
        self._index(REFERENCES, [item.place for item in new.references])
        self._index(FLOWS, [self.place_of_flow(flow.module) for flow in new.flows])
        for reference in new.references:
            folder.add(reference.place, text.reference_module(reference))
        self._add_definitions(new)
        references = self._places(REFERENCES, "reference", "logicalName")
        flows = self._places(FLOWS, "flow", "workflowId")
        first = called_first(new.flows)
        for flow in new.flows:
            called = [self.place_of_flow(item.module) for item in first[flow.name]]
            called += called_elsewhere(flow, new.flows, flows)
            module = text.flow_module(flow, references, called)
            folder.add(self.place_of_flow(flow.module), module)

    def _index(self, package: str, places: list[str]) -> None:
        """Add lines for modules to a folder's index; what it has stays."""
        name = f"{package}/index.ts"
        before = self.folder.read(name) or text.INDEX
        lines = [line for place in places if (line := text.import_line(place)) not in before]
        end = "" if before.endswith("\n") else "\n"
        self.folder.replace(name, before + end * bool(lines) + "".join(lines))

    def _places(self, package: str, constant: str, by: str) -> dict[str, str]:
        """Modules of a folder that declare a resource and export it, by one of its properties."""
        exported = re.compile(rf"(?m)^export const {constant}\b")
        value = re.compile(rf"""(?m)^\s+{by}:\s*["']([^"']+)["']""")
        found = {}
        for path in sorted((self.folder.path / package).glob("*.ts")):
            place = f"{package}/{path.name}"
            module = self.folder.read(place)
            named = value.search(module)
            if named and exported.search(module):
                found[named[1]] = place
        return found

    def _look_at_main(self) -> None:
        main = self.folder.read("index.ts")
        missing = [name for name in (REFERENCES, FLOWS) if f"./{name}" not in main]
        if missing:
            lines = " and ".join(f'`import "./{name}";`' for name in missing)
            self.notes.append(f"index.ts is your own: add {lines} to it.")

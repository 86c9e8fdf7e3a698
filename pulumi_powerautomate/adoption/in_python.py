"""Adoption into a program in Python, with the dynamic resources."""

from __future__ import annotations

from . import program
from .declaration import FLOWS, REFERENCES, Declarations
from .language import Language
from .literals import project_file


class Python(Language):
    """One module for each flow and each connection reference, loaded from their folders."""

    name = "python"
    runtime = "python"
    native = False
    ending = ".py"

    def taken_names(self) -> set[str]:
        folder = self.folder
        stems = {path.stem.replace("_", "-") for path in (folder.path / FLOWS).glob("*.py")}
        return stems | set(folder.quoted)

    def prepare(self, new: Declarations) -> None:
        """Nothing: modules that are new are in nobody's way."""

    def write(self, new: Declarations) -> None:
        folder = self.folder
        folder.add("Pulumi.yaml", project_file(new.project, new.environment_url, "python"))
        folder.add("requirements.txt", program.requirements())
        folder.add(f"{program.SETTINGS}.py", program.STACK_SETTINGS)
        folder.replace(new.config_file, new.config)
        if not folder.add("__main__.py", program.MAIN):
            self._look_at_main()
        for package in (REFERENCES, FLOWS):
            self._add_package(package)
        for reference in new.references:
            folder.add(reference.place, program.reference_module(reference.found))
        self._add_definitions(new)
        for flow in new.flows:
            folder.add(self.place_of_flow(flow.module), program.flow_module(flow))

    def _add_package(self, package: str) -> None:
        name = f"{package}/__init__.py"
        if not self.folder.add(name, program.PACKAGE):
            text = (self.folder.path / name).read_text("utf-8")
            if "iter_modules" not in text:
                self.notes.append(
                    f"{name} is your own: import the new modules of the folder there."
                )

    def _look_at_main(self) -> None:
        text = (self.folder.path / "__main__.py").read_text("utf-8")
        missing = [name for name in (REFERENCES, FLOWS) if name not in text]
        if missing:
            lines = " and ".join(f"`import {name}`" for name in missing)
            self.notes.append(f"__main__.py is your own: add {lines} to it.")

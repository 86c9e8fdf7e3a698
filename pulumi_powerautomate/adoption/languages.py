"""Which language the program of a folder is in, or is to be in."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from ..errors import InvalidInputError
from .in_python import Python
from .in_typescript import TypeScript, TypeScriptFolder
from .in_yaml import Yaml
from .language import Language
from .project_folder import Folder
from .yaml_folder import PROJECT, YamlFolder, parsed

_LANGUAGES: Mapping[str, type[Language]] = {item.name: item for item in (Python, Yaml, TypeScript)}
LANGUAGES = tuple(_LANGUAGES)
_CHOICES = f"{', '.join(LANGUAGES[:-1])} or {LANGUAGES[-1]}"


def language_for(path: Path, wanted: str | None) -> Language:
    """
    The language that a folder is added to in.

    Args:
        path: the folder.
        wanted: what was asked for; that of the program in the folder, or Python, when left out.

    Raises:
        InvalidInputError: there is no such language, or the folder has a program in another one.
    """
    if wanted is not None and wanted not in LANGUAGES:
        raise InvalidInputError(f"There is no language {wanted!r}; choose {_CHOICES}.")
    runtime = _runtime(path)
    here = next((item.name for item in _LANGUAGES.values() if item.runtime == runtime), None)
    if runtime and here is None:
        raise InvalidInputError(
            f"The program in {path} is for the runtime {runtime}, and {_CHOICES} is what can be "
            "added to; use another folder."
        )
    if here and wanted and here != wanted:
        raise InvalidInputError(
            f"The program in {path} is in {here}, not in {wanted}; leave --language out, or use "
            "another folder."
        )
    name = here or wanted or Python.name
    if name == Yaml.name:
        return Yaml(YamlFolder(path))
    if name == TypeScript.name:
        return TypeScript(TypeScriptFolder(path))
    return Python(Folder(path))


def _runtime(path: Path) -> str:
    """The runtime of the project in a folder; empty where there is none."""
    found: object = None
    # A file that cannot be read is refused by those who have to read it.
    with contextlib.suppress(InvalidInputError):
        found = parsed(Folder(path).read(PROJECT)).get("runtime")
    if isinstance(found, Mapping):
        found = found.get("name")
    return found if isinstance(found, str) else ""

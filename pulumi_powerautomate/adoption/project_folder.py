"""
The folder of a program: what it has already, and adding to it without touching the rest.

Files that a person may have edited are never written again. Only three are: `import.json` and
`adopted.json`, which are this command's own, and `Pulumi.<stack>.yaml`, where lines are added.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ..errors import InvalidInputError
from ..files import write_whole

IMPORT = "import.json"
ADOPTED = "adopted.json"
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_QUOTED = re.compile(r"""["']([\w.-]{1,200})["']""")

_KEY = re.compile(r"""\s+["']?([^\s"']+?)["']?:(?:\s|$)""")
_CONFIG = re.compile(r"config:\s*(\{\s*\}\s*)?(#|$)")


class Folder:
    """
    A folder, which may not be there yet.

    Args:
        path: where it is.
    """

    ending: ClassVar[str] = ".py"
    """How the names of a program's files end."""
    made: ClassVar[frozenset[str]] = frozenset({"node_modules", "site-packages"})
    """Folders of others' programs."""
    _logical_name: ClassVar[str] = r"""logical_name\s*=\s*["']{}["']"""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _sources(self) -> dict[Path, str]:
        return {path: _read(path) for path in _programs(self.path, self.ending, self.made)}

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every GUID that program and configuration name, in lower case."""
        texts = [*self._sources.values(), *map(_read, sorted(self.path.glob("Pulumi*.yaml")))]
        return frozenset(found.lower() for text in texts for found in _GUID.findall(text))

    @cached_property
    def quoted(self) -> frozenset[str]:
        """Every short string in the program: the names of its resources are among them."""
        return frozenset(
            found for text in self._sources.values() for found in _QUOTED.findall(text)
        )

    @cached_property
    def adopted(self) -> dict[str, str]:
        """Module by what was adopted before: flows by id, connection references by name."""
        return {str(key): str(value) for key, value in self._json(ADOPTED).items()}

    @property
    def project(self) -> str | None:
        """The name of the project that is there already."""
        found = re.search(r"""(?m)^name:\s*["']?([\w.-]+)""", _read(self.path / "Pulumi.yaml"))
        return found[1] if found else None

    @property
    def stacks(self) -> list[str]:
        """The stacks that have a configuration."""
        return [path.name[len("Pulumi.") : -len(".yaml")]
                for path in sorted(self.path.glob("Pulumi.?*.yaml"))]  # fmt: skip

    def declares_reference(self, logical_name: str) -> bool:
        """Whether the program has a connection reference as a resource."""
        spelled = re.compile(self._logical_name.format(re.escape(logical_name)))
        return any(spelled.search(text) for text in self._sources.values())

    def free(self, name: str, text: str) -> bool:
        """Whether a file can be written: it is not there, or an interrupted run has written it."""
        path = self.path / name
        return not path.exists() or _read(path) == text

    def imports(self) -> list[dict[str, Any]]:
        """The entries of an earlier import file whose resources are still in the program."""
        resources = self._json(IMPORT).get("resources") or []
        return [item for item in resources if item.get("name") in self.quoted]

    def config_path(self, stack: str) -> Path:
        """The file of a stack's configuration."""
        return self.path / f"Pulumi.{stack}.yaml"

    def config_text(self, stack: str) -> str:
        """A stack's configuration, empty when there is none."""
        return _read(self.config_path(stack))

    def configured(self, stack: str, key: str) -> str | None:
        """A plain value of a stack's configuration."""
        for line in self.config_text(stack).splitlines():
            found = re.match(rf"""\s+["']?{re.escape(key)}["']?:\s+["']?([^"'\s]+)""", line)
            if found:
                return found[1]
        return None

    def add(self, name: str, text: str, *, private: bool = False) -> bool:
        """Write a file that is not there yet; returns whether it was written."""
        path = self.path / name
        if path.exists():
            return False
        write_whole(path, text.encode("utf-8"), private=private)
        return True

    def replace(self, name: str, text: str, *, private: bool = False) -> None:
        """Write a file of this command's own."""
        write_whole(self.path / name, text.encode("utf-8"), private=private)

    def read(self, name: str) -> str:
        """The text of a file, empty when there is none."""
        return _read(self.path / name)

    def _json(self, name: str) -> dict[str, Any]:
        text = _read(self.path / name)
        if not text:
            return {}
        try:
            found = json.loads(text)
        except ValueError as error:
            raise InvalidInputError(
                f"{self.path / name} is not JSON ({error}); correct it, or remove it."
            ) from None
        return found if isinstance(found, dict) else {}


def added_config(text: str, values: Mapping[str, str]) -> str:
    """
    A stack's configuration with values added below `config:`; what is there stays as it is.

    Args:
        text: the file as it is, empty for a new one.
        values: by key with its namespace; one that has a value already keeps it.
    """
    lines = text.splitlines()
    present = {found[1] for line in lines if (found := _KEY.match(line))}
    new = {key: value for key, value in values.items() if key not in present}
    if not new:
        return text
    start = next((number for number, line in enumerate(lines) if _CONFIG.match(line)), None)
    if start is None:
        lines += ["config:"]
        start = len(lines) - 1
    lines[start] = re.sub(r"^config:\s*\{\s*\}", "config:", lines[start])
    end = start + 1
    for number in range(start + 1, len(lines)):
        if lines[number].strip() and not lines[number].startswith((" ", "\t", "#")):
            break
        if lines[number].startswith((" ", "\t")):
            end = number + 1
    first = next((line for line in lines[start + 1 : end] if re.match(r"\s+\S", line)), "  x")
    indent = first[: len(first) - len(first.lstrip())]
    lines[end:end] = [
        f"{indent}{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in new.items()
    ]
    return "\n".join(lines) + "\n"


def _programs(root: Path, ending: str, made: Collection[str]) -> Iterator[Path]:
    """The files of a program below a folder, virtual environments and hidden folders left out."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith((".", "__pycache__"))
            and not (Path(folder) / name / "pyvenv.cfg").exists()
            and name not in made
        )
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(ending))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInputError(f"{path}: cannot be read: {reason}.") from None

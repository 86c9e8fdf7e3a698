"""An emulator for tests, and the rows that they begin with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, InvalidInputError
from ..requirement import install_line

if TYPE_CHECKING:
    from ..emulator import Emulator


def start_emulator() -> Emulator:
    """
    Start an emulator; its `close()` or the end of a `with` ends it.

    Raises:
        ConfigurationError: the extra `emulator` is not installed.
    """
    from importlib.util import find_spec

    missing = [name for name in ("uvicorn", "starlette", "trustme") if find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"{missing[0]} is missing; {install_line('emulator')}.")
    from ..emulator import Emulator

    return Emulator()


def insert_seed(emulator: Emulator, seed: str | Path) -> None:
    """
    Add rows to the environment of an emulator.

    Args:
        emulator: the emulator; it serves its control surface, as it does by default.
        seed: a JSON file of rows by entity set (`{"teams": [{"name": "Duty"}]}`), or a folder,
            whose JSON files are read in the order of their names.

    Raises:
        InvalidInputError: a file is missing or is no such document, or a row is refused.
    """
    path = Path(seed)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise InvalidInputError(f"{path}: no JSON file in this folder of seeds.")
    for file in files:
        for entity_set, rows in _rows(file).items():
            for row in rows:
                try:
                    emulator.control.insert(entity_set, row)
                except ValueError as error:
                    raise InvalidInputError(f"{file}: {entity_set}: {error}") from None


def _rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        document = json.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidInputError(f"{file}: {error.strerror}.") from None
    except ValueError as error:
        raise InvalidInputError(f"{file} is not JSON ({error}).") from None
    if not isinstance(document, dict) or not all(
        isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        for rows in document.values()
    ):
        raise InvalidInputError(f'{file} is not an object of rows: {{"teams": [{{"name": "A"}}]}}.')
    return document

"""`errors.py` holds everything that the package raises on purpose, and the package exports it."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pulumi
import pytest

import pulumi_powerautomate
from pulumi_powerautomate import errors
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import PowerAutomateError
from tests.harness.cli_runner import command_for


def _below(kind: type[BaseException]) -> set[type[BaseException]]:
    found = set(kind.__subclasses__())
    return found.union(*map(_below, found)) if found else found


def _purposeful() -> list[type[BaseException]]:
    """Errors of the package, all modules loaded; not those made for a program's own traceback."""
    for module in pkgutil.walk_packages(pulumi_powerautomate.__path__, "pulumi_powerautomate."):
        if module.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            # One that takes the package of an extra, which may not be installed.
            if str(error.name).startswith("pulumi_powerautomate"):
                raise
    ours: set[type[BaseException]] = {PowerAutomateError, *_below(PowerAutomateError)}
    return sorted(
        (kind for kind in ours if not issubclass(kind, pulumi.RunError)),
        key=lambda kind: kind.__name__,
    )


def test_every_error_is_in_its_place() -> None:
    """Defined in `errors`, exported, documented, and in the tree that its docstring draws."""
    kinds = _purposeful()
    assert len(kinds) >= 18
    for kind in kinds:
        assert kind.__module__ == "pulumi_powerautomate.errors", kind
        assert getattr(pulumi_powerautomate, kind.__name__) is kind
        assert kind.__name__ in pulumi_powerautomate.__all__
        assert kind.__doc__
        assert kind.__name__ in str(errors.__doc__)


@pytest.mark.parametrize("arguments", [("export", "Typo", "-o", "{folder}/typo.zip")])
def test_operations_are_called_by_their_own_name(
    arguments: tuple[str, ...],
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """An export that fails is no import."""
    placed = [item.format(folder=tmp_path) for item in arguments]
    told = command_for(emulator, monkeypatch, capsys)(*placed)
    assert told.code == 2
    assert "xporting solution Typo: " in told.err
    assert "Import" not in told.err

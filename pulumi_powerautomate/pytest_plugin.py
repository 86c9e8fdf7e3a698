"""
Fixtures for pytest, in every test of a project that has this package installed.

Nothing else of the package is loaded before a test asks for a fixture. `sdk-docs/testing-pytest.md`
shows each of them at work; `-p no:powerautomate` turns the plugin off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .emulator import Emulator
    from .testing import StackFactory

# What signs in, or says where. A test must reach its emulator, whatever is set in the shell.
_SETTINGS = ("POWERAUTOMATE_", "POWER_PLATFORM_", "ARM_", "AZURE_", "PULUMI_CONFIG")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini option."""
    parser.addini(
        "dataverse_seed",
        "rows that the environment of `dataverse` has in every test: a JSON file of rows by entity "
        "set, or a folder of such files, from the folder of the ini file",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        "dataverse(*seeds): further rows for this test: JSON files or folders of them, from the "
        "folder of the test's file",
    )


@pytest.fixture(scope="session")
def _dataverse_process() -> Iterator[Emulator]:
    from .testing import start_emulator

    with start_emulator() as emulator:
        yield emulator


@pytest.fixture
def dataverse(
    _dataverse_process: Emulator, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Emulator:
    """
    A new Dataverse environment on this machine, with the seeds of the project and of the test.

    The emulator behind it is started once a session (once a worker with pytest-xdist) and is empty
    again for each test. While the test runs, the variables of the process point to it and no other
    way to sign in is set. `dataverse.control` has rows, requests, faults and the clock.
    """
    from pathlib import Path

    from .testing import insert_seed

    _dataverse_process.control.reset()
    configured = request.config.getini("dataverse_seed")
    if configured:
        root = request.config.inipath.parent if request.config.inipath else request.config.rootpath
        insert_seed(_dataverse_process, root / configured)
    for mark in reversed(list(request.node.iter_markers("dataverse"))):
        for seed in mark.args:
            insert_seed(_dataverse_process, Path(request.path).parent / seed)
    for name in list(os.environ):
        if name.startswith(_SETTINGS):
            monkeypatch.delenv(name)
    for name, value in _dataverse_process.environment.items():
        monkeypatch.setenv(name, value)
    return _dataverse_process


@pytest.fixture
def pulumi_stack(
    dataverse: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> StackFactory:
    """
    A function that gives a stack of a program, signed in to `dataverse`, on the real engine.

    Its argument is a function (the program) or the folder of a Pulumi project; see
    `StackFactory.__call__`. State and settings are in a temporary folder.
    """
    from .testing import StackFactory

    return StackFactory(dataverse.environment, tmp_path / "pulumi", monkeypatch.setenv)

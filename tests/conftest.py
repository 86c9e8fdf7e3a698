"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import version
from itertools import count
from operator import itemgetter
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from pulumi_powerautomate.emulator import Emulator
from tests.harness import real_environment
from tests.harness.engine import programs_used
from tests.harness.engine_project import EngineProject

_OURS = (
    *("POWERAUTOMATE_", "PULUMI_", "ARM_", "AZURE", "REQUESTS_", "CURL_CA_BUNDLE"),
    *("ACTIONS_ID_TOKEN_", "SYSTEM_", "IDENTITY_", "IMDS_", "MSI_"),
)

_NUMBERS = count()

# A run that is shorter has nothing to tell of its time.
_LONG_SECONDS = 300


# What a shell starts in the background ignores SIGINT, and so would the provider processes that the
# tests end with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    """Which of Pulumi's programs the tests of the engine run with."""
    return f"Pulumi: SDK {version('pulumi')}, {programs_used()}"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Where the time went: seconds by folder and by the slowest files, over all workers."""
    folders: defaultdict[str, float] = defaultdict(float)
    files: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                file = report.nodeid.partition("::")[0]
                files[file] += report.duration
                folders["/".join(file.split("/")[:2])] += report.duration
    if sum(files.values()) < _LONG_SECONDS:
        return
    terminalreporter.section("seconds of all workers")
    for counted in (folders, files):
        terminalreporter.write_line(
            ", ".join(
                f"{name} {seconds:.0f}"
                for name, seconds in sorted(counted.items(), key=itemgetter(1), reverse=True)[:30]
            )
        )


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Let no setting of the person who runs the tests decide their result, and no test before."""
    for name in os.environ:
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    # The emulator forgets between tests what was in it; what was noted of its rows has to go too.
    journal = tmp_path_factory.getbasetemp() / "journals" / str(next(_NUMBERS))
    monkeypatch.setenv("PULUMI_POWERAUTOMATE_JOURNAL", str(journal))


@pytest.fixture(scope="session")
def _shared_emulator() -> Iterator[Emulator]:
    address = real_environment.wanted()
    if address is not None:
        real = real_environment.RealEnvironment(address)
        yield real  # type: ignore[misc]
        real.close()
        return
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(_shared_emulator: Emulator) -> Emulator:
    """A new environment; the process behind it is shared, because starting one takes a second."""
    _shared_emulator.control.reset()
    return _shared_emulator


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> EngineProject:
    """A stack that is signed in to a new environment."""
    # Set so that it is restored: the project adds the engine's folder.
    monkeypatch.setenv("PATH", os.environ["PATH"])
    return EngineProject(tmp_path, emulator)

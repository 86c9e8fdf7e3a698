"""States of earlier releases are previewed, refreshed, changed and deleted by this one."""

from __future__ import annotations

import contextlib
import importlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from pulumi_powerautomate.emulator import Emulator
from tests.harness.engine_project import EngineProject, changes
from tests.upgrade.record import FOLDER, HOST, STATES, URL

RELEASES = sorted(path.stem for path in STATES.glob("[0-9]*.json"))
pytestmark = pytest.mark.engine


class Inherited:
    """A stack that a release has left, and the environment it describes."""

    def __init__(self, release: str, folder: Path, emulator: Emulator, kept: Any) -> None:
        self.code = importlib.import_module(
            f"tests.upgrade.program_{release.replace('.', '_').replace('-', '_')}"
        )
        self.folder, self.emulator = folder, emulator
        emulator.control.switches(import_seconds=0.3)
        self.code.packages(folder)
        self.project = EngineProject(folder, emulator)
        deployment = json.loads(
            json.dumps(kept["deployment"])
            .replace(URL, emulator.url)
            .replace(HOST, emulator.url.partition("://")[2])
            .replace(FOLDER, str(folder))
        )
        self.project._stack.import_stack(automation.Deployment(version=3, deployment=deployment))

    def program(self, *, later: bool = False) -> Callable[[], None]:
        """The program of the release's user."""
        return lambda: self.code.program(self.folder, self.emulator.url, later=later)


@contextlib.contextmanager
def _environment(folder: Path, kept: Any) -> Iterator[Emulator]:
    """An emulator that goes on with the database that the release had."""
    file = folder / "rows.db"
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute(
            "CREATE TABLE rows (entity TEXT, id TEXT, data TEXT, PRIMARY KEY (entity, id)) "
            "WITHOUT ROWID"
        )
        rows = [(row["entity"], row["id"], json.dumps(row["data"])) for row in kept["database"]]
        database.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
        database.commit()
    with Emulator(database=file) as emulator:
        yield emulator


def _kept(release: str) -> Any:
    return json.loads((STATES / f"{release}.json").read_text("utf-8"))


@pytest.fixture(params=RELEASES)
def inherited(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Inherited]:
    """The state that one release left."""
    kept = _kept(request.param)
    with _environment(tmp_path, kept) as emulator:
        yield Inherited(request.param, tmp_path, emulator, kept)


def test_every_kind_of_resource_is_there() -> None:
    """A state without one of them would prove nothing about it."""
    kinds = {
        resource["type"].rpartition(":")[2]
        for resource in _kept("0.1.0")["deployment"]["resources"]
    }
    assert kinds >= {
        "CloudFlow", "FlowShare", "FlowSharesExclusive", "SolutionImport", "ConnectionReference",
        "EnvironmentVariableValue",
    }  # fmt: skip


def test_scenario_41_nothing_changes_by_upgrading(inherited: Inherited) -> None:
    """Preview and `up` of the same program are empty and send nothing; so is a refresh."""
    project = inherited.project
    assert changes(project.preview(inherited.program())) == "10 unchanged"
    assert changes(project.up()) == "10 unchanged"
    assert project.sent() == []
    assert changes(project.refresh()) == "10 unchanged"
    assert changes(project.up()) == "10 unchanged"


def test_scenario_41_everything_can_be_changed_and_deleted(inherited: Inherited) -> None:
    """Each resource is updated in place; a destroy leaves nothing of it."""
    project, control = inherited.project, inherited.emulator.control
    printed = project.up(inherited.program(later=True))
    assert "8 updated" in changes(printed), printed
    assert "replaced" not in printed
    documents = {row["name"]: row["clientdata"] for row in control.rows("workflows")}
    assert "it@contoso.com" in documents["active"]
    for name in ("A draft", "elsewhere", "First"):
        assert "Bye" in documents[name], name
    assert {row["accessrightsmask"] for row in control.rows("principalobjectaccessset")} == {1}
    assert changes(project.up()) == "10 unchanged"
    project.destroy()
    assert control.rows("workflows") == []
    assert control.rows("connectionreferences") == []


def test_unknown_keys_are_tolerated(tmp_path: Path) -> None:
    """A key that this release does not know, as a later one may have written, harms nothing."""
    kept = _kept("0.1.0")
    for resource in kept["deployment"]["resources"]:
        if "dynamic/" in resource["type"]:
            resource["inputs"]["retired"] = resource["outputs"]["retired"] = {"a": [1]}
    with _environment(tmp_path, kept) as emulator:
        inherited = Inherited("0.1.0", tmp_path, emulator, kept)
        assert changes(inherited.project.preview(inherited.program())) == "10 unchanged"
        assert "8 updated" in changes(inherited.project.up(inherited.program(later=True)))
        inherited.project.destroy()
        assert emulator.control.rows("workflows") == []


def test_a_digest_of_the_first_release_is_recognised(tmp_path: Path) -> None:
    """Its state has one digest of a flow that has two today; neither spelling is a change."""
    with _environment(tmp_path, kept := _kept("digest-0.1.0")) as emulator:
        inherited = Inherited("digest-0.1.0", tmp_path, emulator, kept)
        project, code = inherited.project, inherited.code
        assert changes(project.preview(inherited.program())) == "4 unchanged"
        assert changes(project.up()) == "4 unchanged"
        assert changes(project.refresh()) == "4 unchanged"

        def portal() -> None:
            code.program(tmp_path, emulator.url, portal=True)

        emulator.control.clear_journal()
        project.up(portal)
        assert [sent for sent in project.sent() if sent.startswith("PATCH")] == []
        assert "2 updated" in changes(project.up(inherited.program(later=True)))
        assert changes(project.up(inherited.program(later=True))) == "4 unchanged"


def test_a_save_in_the_portal_after_the_upgrade_is_no_change(tmp_path: Path) -> None:
    """The live flow is respelt, and the state is still that of the first release."""
    with _environment(tmp_path, kept := _kept("digest-0.1.0")) as emulator:
        inherited = Inherited("digest-0.1.0", tmp_path, emulator, kept)
        project, code = inherited.project, inherited.code
        assert changes(project.up(inherited.program(later=True)))
        for row in emulator.control.rows("workflows"):
            document = json.loads(row["clientdata"])
            document["properties"]["definition"] = code.plain("Bye")
            emulator.control.patch(
                "workflows", row["workflowid"], {"clientdata": json.dumps(document)}
            )
        assert changes(project.refresh()) == "4 unchanged"
        assert changes(project.up(inherited.program(later=True))) == "4 unchanged"

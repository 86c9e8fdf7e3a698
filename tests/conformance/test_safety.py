"""Nothing but its own rows, nothing left, nothing without being told: what a run may do."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.conformance.cleaning import leftovers
from pulumi_powerautomate.conformance.names import PREFIX, Names, new_run, run_of
from pulumi_powerautomate.conformance.probes import PROBES
from pulumi_powerautomate.conformance.sender import Sender
from pulumi_powerautomate.emulator import Emulator
from tests.harness.cli_runner import Command, command_for
from tests.harness.conformance_run import client_of, rows, run
from tests.harness.emulator_api import call, flow

QUICK = {"import_seconds": 0.05}
_SMALL = 64 * 1024
_LITTLE = {"upload_bytes": _SMALL}


@pytest.fixture
def command(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:  # fmt: skip
    """The verb, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    run_verb = command_for(emulator, monkeypatch, capsys)
    return lambda *arguments: run_verb("conformance", *arguments)


def _others(emulator: Emulator) -> None:
    """Rows of somebody else, with names that begin as ours do."""
    fakes = (f"{PREFIX} report", f"{PREFIX}0123456789ab report", f"my {PREFIX}ffffffff0000")
    for number, name in enumerate(fakes):
        key = f"11111111-1111-4111-8111-{number:012d}"
        assert call(emulator, "POST", "workflows", flow(name, workflowid=key)).status_code == 204
    publisher = "0e6a3b61-0000-4000-8000-000000000031"
    body = {"uniquename": f"{PREFIX}_ours", "friendlyname": "x", "version": "1.0.0.0",
            "publisherid@odata.bind": f"/publishers({publisher})"}  # fmt: skip
    assert call(emulator, "POST", "solutions", body).status_code == 204
    assert call(emulator, "POST", "teams", {"name": f"{PREFIX} team"}).status_code == 204


def test_other_rows_are_as_they_were(emulator: Emulator) -> None:
    """Every row of every table, after a whole run: not one column has changed."""
    emulator.control.switches(**QUICK)
    _others(emulator)
    before = rows(emulator)
    done = run(emulator, upload_bytes=_SMALL)
    assert done.deleted > 40
    assert rows(emulator) == before


def test_everything_made_carries_the_number_of_the_run(emulator: Emulator) -> None:
    """The journal of the emulator: rows that were created, and rows that were changed."""
    emulator.control.switches(**QUICK)
    made = {}
    for commit in _commits_of_a_run(emulator):
        key = (commit["entity"], commit["id"])
        if commit["operation"] == "create":
            made[key] = commit
        elif commit["entity"] not in ("job", "importjob", "asyncoperation"):
            assert key in made, commit
    assert {entity for entity, _ in made} <= {
        "publisher", "solution", "workflow", "connectionreference", "team", "teamroles",
        "environmentvariabledefinition", "environmentvariablevalue", "principalobjectaccess",
        "solutioncomponent", "asyncoperation", "importjob",
    }  # fmt: skip


def _commits_of_a_run(emulator: Emulator) -> Iterator[dict[str, Any]]:
    emulator.control.clear_journal()
    run(emulator, upload_bytes=_SMALL)
    yield from emulator.control.commits()


def test_names_of_runs_are_told_from_names_that_begin_alike() -> None:
    """The number has check digits."""
    number = new_run()
    names = Names(number)
    for name in (names.name("a flow"), names.unique("rows"), names.schema("x"), names.stem):
        assert run_of(name) == number
    assert run_of(f"{PREFIX}0123456789ab") is None
    assert run_of(PREFIX) is None
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert run_of(f"{PREFIX}{wrong}") is None


def test_plan_is_told_and_nothing_is_sent(emulator: Emulator, command: Command) -> None:
    """`--plan` names every question, what is made, and how many requests there are at most."""
    emulator.control.clear_journal()
    told = command("--plan", "--activate")
    assert told.code == 0
    assert emulator.control.requests() == []
    for probe in PROBES:
        assert f"  {probe.name} " in told.out
    assert "43 times a flow" in told.out
    assert "At most" in told.out
    assert "No flow is turned on." in command("--plan").out


def test_nobody_is_asked_without_a_terminal(emulator: Emulator, command: Command) -> None:
    """Without `--yes` nothing is made."""
    said = command("--only", "missing-row")
    assert said.code == 2
    assert "no terminal" in said.err
    assert all(item["method"] == "GET" for item in emulator.control.requests())


@pytest.mark.parametrize(("kind", "code"), [("Customer", 2), ("Secondary", 2), ("Default", 2),
                                            ("Trial", 0), ("CustomerTest", 0)])  # fmt: skip
def test_production_is_refused(
    kind: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    """An environment that calls itself production has to be named as such."""
    monkeypatch.chdir(tmp_path)
    with Emulator(organization_type=kind) as other:
        verb = command_for(other, monkeypatch, capsys)
        said = verb("conformance", "--yes", "--only", "missing-row")
        assert said.code == code, said
        if code:
            assert f"calls itself {kind}" in said.err
            assert "--production" in said.err
            assert all(item["method"] == "GET" for item in other.control.requests())
            assert verb("conformance", "--yes", "--production", "--only", "missing-row").code == 0


def test_requests_are_bounded(emulator: Emulator, command: Command) -> None:
    """A run stops asking when its requests are spent, and still removes what it made."""
    before = rows(emulator)
    emulator.control.switches(**QUICK)
    said = command("--yes", "--activate", "--most-requests", "40")
    assert "as many as were allowed" in said.out
    assert rows(emulator) == before
    emulator.control.clear_journal()
    assert command("--yes", "--activate", "--upload-bytes", str(_SMALL)).code == 0
    planned = int(command("--plan", "--activate").out.rpartition("At most ")[2].split()[0])
    assert len(emulator.control.requests()) < planned + 100


def test_flows_stay_off_unless_it_is_said(emulator: Emulator, command: Command) -> None:
    """No request turns a flow on."""
    emulator.control.switches(**QUICK)
    emulator.control.clear_journal()
    assert command("--yes", "--upload-bytes", str(_SMALL)).code == 0
    turned = [item for item in emulator.control.commits() if "statecode" in item["columns"]
              and item["entity"] == "workflow" and item["operation"] == "update"]  # fmt: skip
    assert turned == []


def test_clean_up_finds_nothing_after_a_run(emulator: Emulator, command: Command) -> None:
    """It says so, and asks nobody."""
    emulator.control.switches(**QUICK)
    assert command("--yes", "--only", "chosen-id").code == 0
    assert command("--clean-up").out == "Nothing is left of any run.\n"


def _started(emulator: Emulator, folder: Path, *arguments: str, stdin: int) -> Any:
    """The verb in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pulumi_powerautomate.cli", "conformance", *arguments],
        cwd=folder, env={**os.environ, **emulator.environment}, stdin=stdin,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="needs a terminal of Unix")
@pytest.mark.parametrize(("reply", "code"), [(b"n\n", 2), (b"\n", 2), (b"y\n", 0)])
def test_person_at_a_terminal_is_asked(
    emulator: Emulator, tmp_path: Path, reply: bytes, code: int
) -> None:
    """After the plan was shown, and with the kind of the environment."""
    import pty

    ours, theirs = pty.openpty()
    try:
        child = _started(emulator, tmp_path, "--only", "upsert", stdin=theirs)
        os.write(ours, reply)
        out, _ = child.communicate(timeout=120)
    finally:
        os.close(ours)
        os.close(theirs)
    assert child.returncode == code
    assert "At most" in out
    assert "Developer? [y/N]" in out
    written = [item for item in emulator.control.requests() if item["method"] != "GET"]
    assert bool(written) == (code == 0)


@pytest.mark.skipif(os.name == "nt", reason="needs signals of Unix")
def test_ctrl_c_removes_what_was_made(emulator: Emulator, tmp_path: Path) -> None:
    """In the middle of a request."""
    before = rows(emulator)
    barrier = emulator.control.barrier(method="POST", nth=20, when="after_commit")
    child = _started(emulator, tmp_path, "--yes", stdin=subprocess.DEVNULL)
    barrier.wait_reached()
    assert rows(emulator) != before
    child.send_signal(signal.SIGINT)
    emulator.control.clear_faults()
    child.communicate(timeout=120)
    assert child.returncode == 130
    assert rows(emulator) == before
    assert not (tmp_path / "conformance.json").exists()


def test_lost_answers_end_neither_run_nor_clean_up(emulator: Emulator) -> None:
    """A question without an answer is told as failed; the rest is asked, and all is removed."""
    emulator.control.switches(**QUICK)
    before = rows(emulator)
    emulator.control.fault(do="reset", when="after_commit", method="POST", nth=9, times=2)
    emulator.control.fault(do="reset", when="after_commit", method="DELETE", nth=9, times=2)
    done = run(emulator, upload_bytes=_SMALL)
    failed = [finding for finding in done.findings if finding.outcome == "failed"]
    assert 1 <= len(failed) <= 2
    assert (done.problem, done.left) == ("", [])
    assert len(done.findings) == len(PROBES)
    emulator.control.clear_faults()
    assert rows(emulator) == before


def _points(emulator: Emulator) -> list[tuple[str, int]]:
    """Every request that may change something, as method and number; reads change nothing."""
    emulator.control.switches(**QUICK)
    emulator.control.clear_journal()
    run(emulator, upload_bytes=_SMALL)
    counted: dict[str, int] = {}
    points = []
    for item in emulator.control.requests():
        method = item["method"]
        if method != "GET":
            counted[method] = counted.get(method, 0) + 1
            points.append((method, counted[method]))
    return points


_CHUNKS = 6


@pytest.mark.timeout(900)
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("chunk", range(_CHUNKS))
def test_killed_at_any_request_clean_up_leaves_nothing(
    emulator: Emulator, command: Command, chunk: int
) -> None:
    """SIGKILL as soon as the service has carried a request out, before it is answered."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.harness.conformance_run"])
    points = _points(emulator)
    assert len(points) > 120
    for method, number in points[chunk::_CHUNKS]:
        emulator.control.reset()
        emulator.control.switches(**QUICK)
        _others(emulator)
        before = rows(emulator)
        barrier = emulator.control.barrier(method=method, nth=number, when="after_commit")
        child = context.Process(target=run, args=(dict(emulator.environment),), kwargs=_LITTLE)
        child.start()
        barrier.wait_reached()
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        emulator.control.clear_faults()
        said = command("--clean-up", "--yes")
        assert said.code == 0, (method, number, said)
        assert rows(emulator) == before, (method, number)
        client = client_of(emulator)
        assert list(leftovers(Sender(client.transport, 50))) == []
        client.close()

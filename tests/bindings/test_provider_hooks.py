"""`ConnectionReference` and `EnvironmentVariableValue` in the real provider process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.bindings.kinds import Kind, Publishers, Reference, Solutions, Variable
from tests.harness.operations import Made, check, create, delete, update
from tests.harness.provider_process import ProviderError, ProviderProcess, provider_process


@pytest.fixture(
    params=[Reference(), Variable(), Publishers(), Solutions()],
    ids=lambda kind: type(kind).__name__,
)
def kind(request: pytest.FixtureRequest, emulator: Emulator) -> Kind:
    found: Kind = request.param
    found.seed(emulator)
    return found


@contextmanager
def command(emulator: Emulator, kind: Kind) -> Iterator[ProviderProcess]:
    """A provider process, which the engine starts for each of its commands."""
    settings = {**emulator.environment, "POWERAUTOMATE_REQUEST_TIMEOUT": "5"}
    with provider_process(settings, provider=kind.provider) as process:
        emulator.control.clear_journal()
        yield process


def _made(emulator: Emulator, kind: Kind, value: str = "one") -> Made:
    with command(emulator, kind) as process:
        return create(process, kind.declared(value))


def _lose(emulator: Emulator, kind: Kind, method: str, when: str) -> None:
    """Lose every response of a write, and let the service be away for the looks that follow."""
    away = {"do": "status", "status": 504}
    emulator.control.fault(method=method, path=kind.path, when=when, **away)
    emulator.control.fault(method="GET", path=kind.read, nth=2, when="before_commit", **away)


def _settled(process: ProviderProcess, made: Made) -> bool:
    return not process.diff(made.id, made.outputs, made.inputs).changes


def _lines(process: ProviderProcess) -> str:
    return "\n".join(line for _, line, ephemeral in process.log if not ephemeral)


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("next_value", ["one", "two", "three"])
def test_update_in_doubt_is_settled_by_the_next_program(
    emulator: Emulator, kind: Kind, when: str, next_value: str
) -> None:
    """Whether it was applied or not, and whatever the program says by then."""
    made = _made(emulator, kind)
    _lose(emulator, kind, "PATCH", when)
    with command(emulator, kind) as process:
        made = update(process, made, kind.declared("two"))
    assert "Looking for it failed too" in made.outputs[kind.error]
    emulator.control.clear_faults()
    assert kind.values(emulator) == ["two" if when == "after_commit" else "one"]
    with command(emulator, kind) as process:
        made = update(process, made, kind.declared(next_value))
        assert kind.values(emulator) == [next_value]
        assert kind.error not in made.outputs
        assert _settled(process, made)
        assert "changed" not in _lines(process)


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_update_whose_response_is_lost_is_looked_up(
    emulator: Emulator, kind: Kind, when: str
) -> None:
    """When the service can be asked, nothing is in doubt."""
    made = _made(emulator, kind)
    away = {"do": "status", "status": 504, "times": 3}
    emulator.control.fault(method="PATCH", path=kind.path, when=when, **away)
    with command(emulator, kind) as process:
        made = update(process, made, kind.declared("two"))
    assert kind.values(emulator) == ["two"]
    assert kind.error not in made.outputs


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("next_value", ["one", "two", None])
def test_create_in_doubt_is_in_the_state(
    emulator: Emulator, kind: Kind, when: str, next_value: str | None
) -> None:
    """The next program changes it, keeps it, or has dropped it."""
    _lose(emulator, kind, kind.write, when)
    made = _made(emulator, kind)
    assert made.outputs[kind.error]
    emulator.control.clear_faults()
    with command(emulator, kind) as process:
        if next_value is None:
            delete(process, made)
            assert kind.values(emulator) == []
            return
        made = update(process, made, kind.declared(next_value))
        assert kind.values(emulator) == [next_value]
        assert _settled(process, made)


def test_create_refused_for_its_own_sake_is_in_the_state(emulator: Emulator, kind: Kind) -> None:
    """
    A request that was delivered twice is refused as a duplicate, and nobody can look: the row may
    be this resource's.
    """
    emulator.control.fault(method=kind.write, path=kind.path, do="status", status=412, times=1)
    emulator.control.fault(method="GET", path=kind.read, nth=2, do="status", status=403)
    made = _made(emulator, kind)
    assert "Looking for it failed too" in made.outputs[kind.error]
    emulator.control.clear_faults()
    with command(emulator, kind) as process:
        made = update(process, made, kind.declared("one"))
        assert _settled(process, made)
    assert kind.values(emulator) == ["one"]


def test_refresh_settles_a_doubt(emulator: Emulator, kind: Kind) -> None:
    """A row that was read is known."""
    made = _made(emulator, kind)
    _lose(emulator, kind, "PATCH", "after_commit")
    with command(emulator, kind) as process:
        made = update(process, made, kind.declared("two"))
    emulator.control.clear_faults()
    with command(emulator, kind) as process:
        _, outputs, _ = process.read(made.id, made.outputs)
        assert outputs[kind.column] == "two"
        assert not process.diff(made.id, outputs, made.inputs).changes


@pytest.mark.parametrize("times", [1, 9])
def test_lost_delete_is_done(emulator: Emulator, kind: Kind, times: int) -> None:
    """Its repetition meets a 404, or a look finds nothing."""
    made = _made(emulator, kind)
    lost = {"do": "status", "status": 504, "when": "after_commit", "times": times}
    emulator.control.fault(method="DELETE", path=kind.path, **lost)
    with command(emulator, kind) as process:
        delete(process, made)
    assert kind.values(emulator) == []


def test_delete_in_doubt_says_what_to_do(emulator: Emulator, kind: Kind) -> None:
    """A delete has no outputs that could tell the next run."""
    made = _made(emulator, kind)
    _lose(emulator, kind, "DELETE", "after_commit")
    with (
        command(emulator, kind) as process,
        pytest.raises(ProviderError, match="Run `pulumi up --refresh` before"),
    ):
        delete(process, made)
    emulator.control.clear_faults()
    with command(emulator, kind) as process:
        delete(process, made)


def test_edit_by_hand_is_a_conflict(emulator: Emulator, kind: Kind) -> None:
    """It is named and kept; once a refresh has seen it, the program wins."""
    made = _made(emulator, kind)
    kind.edit(emulator, "by hand")
    for _ in range(2):
        with (
            command(emulator, kind) as process,
            pytest.raises(ProviderError, match=f"somebody changed its {kind.column} since"),
        ):
            update(process, made, kind.declared("two"))
    assert kind.values(emulator) == ["by hand"]
    with command(emulator, kind) as process:
        id_, outputs, inputs = process.read(made.id, made.outputs)
        assert inputs is not None
        update(process, Made(id_, inputs, outputs), kind.declared("two"))
    assert kind.values(emulator) == ["two"]


def test_edit_by_hand_to_what_is_declared_is_none(emulator: Emulator, kind: Kind) -> None:
    """Nothing would be lost, so nothing is written."""
    made = _made(emulator, kind)
    kind.edit(emulator, "two")
    with command(emulator, kind) as process:
        made = update(process, made, kind.declared("two"))
        assert not [one for one in emulator.control.requests() if one["method"] != "GET"]
        assert _settled(process, made)


def test_edit_between_look_and_write_is_a_conflict(emulator: Emulator, kind: Kind) -> None:
    """The write names the version that was read."""
    made = _made(emulator, kind)
    barrier = emulator.control.barrier(method="PATCH", path=kind.path)
    said: list[str] = []

    def change() -> None:
        with command(emulator, kind) as process, pytest.raises(ProviderError) as caught:
            update(process, made, kind.declared("two"))
        said.append(str(caught.value))

    thread = threading.Thread(target=change)
    thread.start()
    barrier.wait_reached()
    kind.edit(emulator, "by hand")
    barrier.release()
    thread.join()
    assert f"somebody changed its {kind.column}" in said[0]
    assert kind.values(emulator) == ["by hand"]


def test_deleting_what_somebody_changed_is_told(emulator: Emulator, kind: Kind) -> None:
    """With the column, in a warning."""
    made = _made(emulator, kind)
    kind.edit(emulator, "by hand")
    with command(emulator, kind) as process:
        delete(process, made)
        assert f"somebody had changed its {kind.column} since the last run" in _lines(process)
    assert kind.values(emulator) == []


def test_adopting_what_differs_is_told(emulator: Emulator, kind: Kind) -> None:
    """With the column; one that is as declared is adopted without a word."""
    _made(emulator, kind)
    with command(emulator, kind) as process:
        create(process, kind.declared("one"))
        assert _lines(process) == ""
        create(process, kind.declared("two"))
        assert f"adopted; its {kind.column} was overwritten" in _lines(process)
    assert kind.values(emulator) == ["two"]


def test_requests_of_each_operation(emulator: Emulator, kind: Kind) -> None:
    """A look, two requests for a variable, and a write; a new solution looks for its publisher."""
    look = 2 if isinstance(kind, Variable) else 1
    made = _made(emulator, kind)
    assert len(emulator.control.requests()) == look + 1 + kind.more_for_new
    with command(emulator, kind) as process:
        made = update(process, made, kind.declared("two"))
        assert len(emulator.control.requests()) == look + 1
        emulator.control.clear_journal()
        assert _settled(process, made)
        assert emulator.control.requests() == []
    with command(emulator, kind) as process:
        delete(process, made)
        assert len(emulator.control.requests()) == look + 1


def test_row_that_a_resource_keeps_is_not_deleted(emulator: Emulator, kind: Kind) -> None:
    """A resource renamed in the program, also when the engine died before deleting the old one."""
    made = _made(emulator, kind)
    renamed = {"__identity": kind.declared("")["__identity"] + "2"}
    with command(emulator, kind) as process:
        new = create(process, kind.declared("one", **renamed))
        delete(process, made)
    assert kind.values(emulator) == ["one"]
    with command(emulator, kind) as process:
        assert _settled(process, new)
        delete(process, made)
    assert kind.values(emulator) == ["one"]
    with command(emulator, kind) as process:
        delete(process, new)
    assert kind.values(emulator) == []


def test_new_name_comes_first(emulator: Emulator) -> None:
    """The old row goes afterwards; other letters' case is no other name."""
    kind = Reference()
    made = _made(emulator, kind)
    with command(emulator, kind) as process:
        other = check(process, kind.declared("one", logical_name="contoso_post"), made.inputs)
        found = process.diff(made.id, made.outputs, other)
        assert (found.replaces, found.old_first) == (["logical_name"], False)
        process.create(other)
        delete(process, made)
        names = [
            row["connectionreferencelogicalname"]
            for row in emulator.control.rows("connectionreferences")
        ]
        assert names == ["contoso_post"]
        upper = check(process, kind.declared("one", logical_name="Contoso_Mail"), made.inputs)
        assert process.diff(made.id, made.outputs, upper).replaces == []
        connector = check(process, kind.declared("one", connector="shared_sql"), made.inputs)
        found = process.diff(made.id, made.outputs, connector)
        assert (found.replaces, found.old_first) == (["connector"], True)


def test_columns_left_out_are_left_alone(emulator: Emulator) -> None:
    """Removing `connection_id` from the program does not unbind."""
    kind = Reference()
    with command(emulator, kind) as process:
        made = create(process, kind.declared("one", description="d", display_name="n"))
        emulator.control.clear_journal()
        declared = kind.declared("one")
        del declared["connection_id"]
        made = update(process, made, declared)
        assert emulator.control.requests() == []
        assert _settled(process, made)
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectionid"] == "one"
    assert row["description"] == "d"
    assert row["connectionreferencedisplayname"] == "n"


def test_value_that_is_gone_is_told(emulator: Emulator) -> None:
    """An update does not set again what somebody removed."""
    kind = Variable()
    kind.seed(emulator)
    made = _made(emulator, kind)
    (row,) = emulator.control.rows("environmentvariablevalues")
    emulator.control.delete("environmentvariablevalues", row["environmentvariablevalueid"])
    with (
        command(emulator, kind) as process,
        pytest.raises(ProviderError, match="is gone; run `pulumi refresh`"),
    ):
        update(process, made, kind.declared("two"))


def test_secret_value_is_in_no_message(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a conflict, a doubt or a warning."""
    # The state is put back below, and nobody has died.
    monkeypatch.setenv("PULUMI_POWERAUTOMATE_JOURNAL", "off")
    kind = Variable()
    kind.seed(emulator)
    made = _made(emulator, kind, "s3cret-one")
    _lose(emulator, kind, "PATCH", "before_commit")
    with command(emulator, kind) as process:
        doubt = update(process, made, kind.declared("s3cret-two"))
    assert "s3cret" not in doubt.outputs[kind.error]
    assert "s3cret" not in str(doubt.outputs["in_doubt"])
    emulator.control.clear_faults()
    kind.edit(emulator, "s3cret-three")
    with command(emulator, kind) as process, pytest.raises(ProviderError) as caught:
        update(process, made, kind.declared("s3cret-two"))
    assert "s3cret" not in str(caught.value)


def test_adopted_reference_joins_its_solution(emulator: Emulator) -> None:
    """As a new one does, also when that fails at first."""
    kind = Reference()
    _made(emulator, kind)
    declared = kind.declared("one", solution="ContosoAutomation")
    refused = {"do": "status", "status": 403}
    emulator.control.fault(method="POST", path="AddSolutionComponent", **refused)
    with command(emulator, kind) as process:
        made = create(process, declared)
        assert made.outputs[kind.error]
    emulator.control.clear_faults()
    with command(emulator, kind) as process:
        made = update(process, made, declared)
        assert _settled(process, made)
    (row,) = emulator.control.rows("connectionreferences")
    members = emulator.control.rows("solutioncomponents")
    assert row["connectionreferenceid"] in {item["objectid"] for item in members}

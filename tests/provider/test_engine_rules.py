"""
The rules that the engine imposes, one test each.

Rules that show in the life of a flow are tested there: nothing sent by check and diff, outputs that
echo the inputs, refused activation as state, gone as an empty read, progress in the right row
(tests/cloud_flow/test_provider_hooks.py), errors on one clean line (tests/engine).
"""

from __future__ import annotations

import base64
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_powerautomate.cloud_flow import CloudFlowProvider
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.provider.resource import pickled
from tests.harness.definitions import hourly
from tests.harness.provider_process import ProviderProcess, flow_inputs, new_provider_process

ROOT = Path(__file__).resolve().parents[2]

# Written into the state of every user: whoever changes it strands them.
FROZEN = (
    "gASVPAAAAAAAAACMH3B1bHVtaV9wb3dlcmF1dG9tYXRlLmNsb3VkX2Zsb3eUjBFDbG91ZEZsb3dQ"
    "cm92aWRlcpSTlCmBlC4="
)


def test_pickled_provider_never_changes() -> None:
    """The class is pickled by reference, without a byte of state, under a frozen name."""
    assert pickled(CloudFlowProvider) == FROZEN
    assert len(FROZEN) <= 200
    assert type(pickle.loads(base64.b64decode(FROZEN))) is CloudFlowProvider
    assert vars(CloudFlowProvider()) == {}


def test_pickling_leaves_the_pickler_alone() -> None:
    """The SDK's way patches the standard library once per resource; ours never does."""
    before = pickle._Pickler._batch_setitems  # type: ignore[attr-defined]
    strings = {id(pickled(CloudFlowProvider)) for _ in range(1500)}
    assert len(strings) == 1
    assert pickle._Pickler._batch_setitems is before  # type: ignore[attr-defined]


def test_provider_is_no_secret() -> None:
    """A secret provider string would turn every resource of the stack into ciphertext."""
    assert CloudFlowProvider.serialize_as_secret_always is False


def _at_once(emulator: Emulator, workers: str | None) -> int:
    environment = dict(emulator.environment)
    if workers is not None:
        environment["PULUMI_POWERAUTOMATE_WORKERS"] = workers
    emulator.control.reset()
    emulator.control.limits(latency_ms=300)
    with new_provider_process(environment) as provider:
        inputs = [
            provider.check(flow_inputs(f"f{n}", hourly(), state="off")).inputs for n in range(40)
        ]
        with ThreadPoolExecutor(40) as pool:
            list(pool.map(provider.create, inputs))
    return int(emulator.control.stats()["most_at_once"])


def test_worker_pool_is_widened(emulator: Emulator) -> None:
    """Fails when a new SDK or Python hides the pool: creates would run four at a time again."""
    assert _at_once(emulator, None) == 32


def test_worker_pool_is_widened_when_all_calls_come_at_once(emulator: Emulator) -> None:
    """A refresh or a destroy opens with dozens of calls, queued before the pool is widened."""
    made = []
    with new_provider_process(emulator.environment) as provider:
        for number in range(64):
            inputs = flow_inputs(f"f{number}", hourly(), state="off")
            made.append(provider.create(provider.check(inputs).inputs))
    emulator.control.reset()
    emulator.control.limits(latency_ms=300)
    with new_provider_process(emulator.environment) as provider, ThreadPoolExecutor(64) as pool:
        list(pool.map(lambda one: provider.delete(*one), made))
    assert emulator.control.stats()["most_at_once"] == 32


@pytest.mark.parametrize(("given", "expected"), [("off", 4), ("8", 8)])
def test_worker_pool_can_be_set(emulator: Emulator, given: str, expected: int) -> None:
    """One variable sets the number of workers or leaves the SDK's four."""
    assert _at_once(emulator, given) == expected


def test_first_calls_are_not_served_four_at_a_time(emulator: Emulator) -> None:
    """A run that only deletes sends all its calls before the pool is widened."""
    barrier = emulator.control.barrier(method="DELETE", path="workflows")
    with new_provider_process(emulator.environment) as provider, ThreadPoolExecutor(12) as pool:
        ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(12)]
        gone = [pool.submit(provider.delete, id_, {"etag": "*"}) for id_ in ids]
        barrier.wait_reached()
        end = time.monotonic() + 20
        while len(emulator.control.requests()) < 12 and time.monotonic() < end:
            time.sleep(0.05)
        assert len(emulator.control.requests()) == 12
        barrier.release()
        for call in gone:
            call.result()


def test_definition_travels_as_one_string(emulator: Emulator) -> None:
    """Nested values lose their nulls and turn integers into floats on the way."""
    definition = hourly()
    definition["actions"]["Greet"]["inputs"] = {"nothing": None, "whole": 3, "text": "3"}
    with new_provider_process(emulator.environment) as provider:
        inputs = provider.check(flow_inputs("f", definition, state="off")).inputs
        assert isinstance(inputs["definition"], str)
        provider.create(inputs)
    (row,) = emulator.control.rows("workflows")
    assert '"inputs": {"nothing": null, "whole": 3, "text": "3"}' in row["clientdata"].replace(
        '":', '": '
    ).replace('":  ', '": ').replace(",", ", ").replace(",  ", ", ")


def test_provider_ends_with_the_engine(emulator: Emulator) -> None:
    """A killed engine's provider would go on writing; it ends as soon as the pipe closes."""
    with new_provider_process(emulator.environment) as provider:
        provider.check(flow_inputs("f", hourly()))
        assert provider.process.poll() is None
        assert provider.process.stdout is not None
        provider.process.stdout.close()
        end = time.monotonic() + 10
        while provider.process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        assert provider.process.poll() is not None


def test_interrupt_inside_a_hook_is_answered(emulator: Emulator) -> None:
    """`SystemExit` inside a hook leaves the engine waiting for ever; ours becomes an error."""
    from tests.provider.exiting import ExitingProvider

    environment = {**emulator.environment, "PYTHONPATH": str(ROOT)}
    with (
        new_provider_process(environment, provider=ExitingProvider) as provider,
        pytest.raises(Exception, match="interrupted"),
    ):
        provider.create({"name": "f"})


def test_unexpected_error_is_one_line(emulator: Emulator) -> None:
    """Even a mistake of ours reads as one line, with the place and how to see more."""
    with (
        new_provider_process(emulator.environment) as provider,
        pytest.raises(Exception, match=r"internal error in .*KeyError") as failed,
    ):
        provider.create({"name": "f"})
    assert "\n" not in str(failed.value)


def test_wheel_tells_pulumi_that_there_is_no_plugin(tmp_path: Path) -> None:
    """Without it, some versions of the language host look for a plugin to download."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        content = archive.read("pulumi_powerautomate/pulumi-plugin.json")
    assert b'"resource": false' in content
    assert "pulumi_powerautomate/py.typed" in names


def test_killed_provider_process_is_noticed(emulator: Emulator) -> None:
    """A crash ends the call with an error, and not with silence."""
    with new_provider_process(emulator.environment) as provider:
        inputs = provider.check(flow_inputs("f", hourly())).inputs
        emulator.control.fault(method="POST", do="hang", seconds=30)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(provider.create, inputs)
            time.sleep(0.5)
            os.kill(_pid(provider), signal.SIGKILL)
            with pytest.raises(Exception, match=r"."):
                running.result(timeout=20)
    emulator.control.clear_faults()


def _pid(provider: ProviderProcess) -> int:
    return int(provider.process.pid)

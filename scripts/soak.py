"""
`make soak`: random histories with faults, hand edits and crashes, in the real provider.

A history is a program that changes over time. Each step is an `up` of a small engine (the provider
process is the real one, over gRPC) while the emulator misbehaves. At the end the faults stop, and
after at most two more `up`s the environment must hold what the program declares: nothing lost,
nothing twice, nothing foreign overwritten. `deployments` are flows, shares and a solution in one
program, each command in a process of its own; of kind `stacks` everything is the real engine's.
`SEED=n HISTORIES=1` replays one history, `KIND=` chooses what it is about (each in turn when not
given), `WORKERS=` how many run side by side: they mostly wait.
"""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from multiprocessing import get_context, parent_process
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi_powerautomate.emulator import Emulator

KINDS = ("deployments", "flows", "shares", "stacks")
_PORTION = 25


def main() -> None:
    """Run the histories that were asked for."""
    for name in list(os.environ):
        if name.startswith(("POWERAUTOMATE_", "PULUMI_", "ARM_", "AZURE_")):
            del os.environ[name]
    histories = int(os.environ.get("HISTORIES", "200"))
    first = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    workers = min(int(os.environ.get("WORKERS") or 2 * (os.cpu_count() or 1)), histories)
    wanted = os.environ.get("KIND")
    if wanted not in (None, "", *KINDS):
        sys.exit(f"error: no kind {wanted!r}; there are {', '.join(KINDS)}.")
    wrong = [
        line
        for kind in ([wanted] if wanted else KINDS)
        for line in soak(kind, histories, first, workers)
    ]
    if wrong:
        sys.exit(f"error: {len(wrong)} histories ended wrong, see above.")


def soak(kind: str, histories: int, first: int, workers: int) -> list[str]:
    """Run histories of one kind side by side; returns what ended wrong, with how to replay it."""
    print(f"{histories} histories of {kind} from seed {first}", flush=True)
    started = time.monotonic()
    # Small portions, so that no worker is left with a long one at the end.
    seeds = range(first, first + histories)
    size = max(1, min(_PORTION, histories // workers))
    portions = [seeds[at : at + size] for at in range(0, histories, size)]
    wrong: list[str] = []
    done = 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        tasks = {pool.submit(portion, kind, part): len(part) for part in portions}
        for task in as_completed(tasks):
            found = task.result()
            wrong += found
            done += tasks[task]
            # Said after each, so that a run that is stopped has its counts.
            print(
                *found,
                f"  {done} done, {len(wrong)} wrong, {time.monotonic() - started:.0f} s",
                sep="\n",
                flush=True,
            )
    if not wrong:
        print(f"all {histories} histories of {kind} ended as declared", flush=True)
    return wrong


def portion(kind: str, seeds: range) -> list[str]:
    """Some histories in one process; what ended wrong."""
    histories_of = import_module(f"scripts.soaks.{kind}")
    wrong = []
    with Emulator() as emulator:
        provider = histories_of.start(emulator)
        try:
            for seed in seeds:
                if (parent := parent_process()) and not parent.is_alive():
                    # The run was stopped; nobody waits for this.
                    break
                try:
                    provider, problems = histories_of.history(seed, emulator, provider)
                except Exception:
                    problems = [traceback.format_exc()]
                    provider.close()
                    provider = histories_of.start(emulator)
                if problems:
                    wrong.append(
                        f"error: history {seed} ended wrong (replay: make soak KIND={kind} "
                        f"SEED={seed} HISTORIES=1):\n" + "\n".join(problems)
                    )
        finally:
            provider.close()
    return wrong


if __name__ == "__main__":
    main()

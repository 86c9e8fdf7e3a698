"""
`make soak`: random histories with faults, hand edits and crashes, in the real provider.

A history is a program that changes over time. Each step is an `up` of a small engine (the provider
process is the real one, over gRPC) while the emulator misbehaves. At the end the faults stop, and
after at most two more `up`s the environment must hold what the program declares: nothing lost,
nothing twice, nothing foreign overwritten. `SEED=n HISTORIES=1` replays one history, `KIND=`
chooses what it is about.
"""

from __future__ import annotations

import os
import random
import sys
import time
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi_powerautomate.emulator import Emulator

KINDS = ("flows", "shares")


def main() -> None:
    """Run the histories that were asked for."""
    for name in list(os.environ):
        if name.startswith(("POWERAUTOMATE_", "PULUMI_", "ARM_", "AZURE_")):
            del os.environ[name]
    histories = int(os.environ.get("HISTORIES", "200"))
    first = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    wanted = os.environ.get("KIND")
    if wanted not in (None, "", *KINDS):
        sys.exit(f"error: no kind {wanted!r}; there are {', '.join(KINDS)}.")
    for kind in [wanted] if wanted else KINDS:
        soak(kind, histories, first)


def soak(kind: str, histories: int, first: int) -> None:
    """Run histories of one kind; the first that ends wrong ends the run."""
    print(f"{histories} histories of {kind} from seed {first}", flush=True)
    histories_of = import_module(f"scripts.soaks.{kind}")
    started = time.monotonic()
    with Emulator() as emulator:
        provider = histories_of.start(emulator)
        try:
            for number in range(histories):
                seed = first + number
                provider, problems = histories_of.history(seed, emulator, provider)
                if problems:
                    sys.exit(
                        f"error: history {seed} ended wrong (replay: make soak KIND={kind} "
                        f"SEED={seed} HISTORIES=1):\n" + "\n".join(problems)
                    )
                if number % 50 == 49:
                    print(f"  {number + 1} right, {time.monotonic() - started:.0f} s", flush=True)
        finally:
            provider.close()
    print(f"all {histories} histories of {kind} ended as declared")


if __name__ == "__main__":
    main()

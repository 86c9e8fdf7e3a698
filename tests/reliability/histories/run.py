"""
`make soak`: random histories with faults, edits by hand and crashes, in the real provider.

A history is a program that changes over time. Each step is an `up` while the network, the service
or the machine misbehaves. At the end the faults stop, and after at most two more `up`s the
environment must hold what the program declares: nothing lost, nothing twice, nothing foreign
overwritten. Kinds of histories:

- `programs`: all kinds of resources; the program changes or is reverted straight after a command
  that failed or was killed, nothing is refreshed, people edit and rename meanwhile, and the
  variables of another environment are in the shell now and then.
- `native`: the same with the native provider.
- `proxied`: the same through a proxy that spoils, loses, doubles and forges responses.
- `stacks`: everything is the real engine's.
- `deployments`, `flows`, `shares`: the same program is repeated after a crash, with a refresh at
  the end.

`SEED=n HISTORIES=1` replays one history, `KIND=` chooses what it is about (each in turn when not
given), `WORKERS=` says how many run side by side, for they mostly wait. With `LEDGER=file` what is
done is written down as it ends, and the same command goes on after an interruption. A history that
ended wrong is run twice more, to tell one that always does from one that does now and then: both
are wrong.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from multiprocessing import get_context, parent_process
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator
from tests.reliability.histories.ledger import Ledger, LedgerError
from tests.reliability.histories.outcome import Outcome

KINDS = ("programs", "native", "proxied", "stacks", "deployments", "flows", "shares")
_PORTION = 25
_AGAIN = 2
_SECONDS_BETWEEN_LINES = 30.0

Portion = list[tuple[int, Outcome]]


def main() -> None:
    """Run the histories that were asked for."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background of a shell: the providers that end with it would inherit that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Of each connection that a provider ends, gRPC would write a line.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    for name in list(os.environ):
        if name.startswith(("POWERAUTOMATE_", "PULUMI_", "ARM_", "AZURE_")):
            del os.environ[name]
    histories = int(os.environ.get("HISTORIES") or "200")
    first = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    workers = min(int(os.environ.get("WORKERS") or 2 * (os.cpu_count() or 1)), histories)
    file = os.environ.get("LEDGER")
    ledger = Ledger(Path(file) if file else None)
    wanted = os.environ.get("KIND")
    if wanted not in (None, "", *KINDS):
        sys.exit(f"error: no kind {wanted!r}; there are {', '.join(KINDS)}.")
    try:
        begun = ledger.begin(first)
    except LedgerError as error:
        sys.exit(f"error: {error}")
    if not os.environ.get("SEED"):
        first = begun
    wrong = [
        line
        for kind in ([wanted] if wanted else KINDS)
        for line in soak(kind, histories, first, workers, ledger)
    ]
    if wrong:
        sys.exit(f"error: {len(wrong)} histories ended wrong, see above.")


def soak(
    kind: str, histories: int, first: int, workers: int, ledger: Ledger | None = None
) -> list[str]:
    """Run histories of one kind side by side; returns what ended wrong, with how to replay it."""
    ledger = ledger or Ledger(None)
    seeds = range(first, first + histories)
    outcomes = {seed: outcome for seed in seeds if (outcome := ledger.of(kind, seed))}
    left = [seed for seed in seeds if seed not in outcomes]
    known = f", {len(outcomes)} of them done before" if outcomes else ""
    print(f"{histories} histories of {kind} from seed {first}{known}", flush=True)
    wrong = [_complaint(kind, seed, outcome) for seed, outcome in outcomes.items()
             if outcome.problems]  # fmt: skip
    print(*wrong, sep="\n", end="\n" if wrong else "", flush=True)
    started = said = time.monotonic()
    # Small portions, so that no worker is left with a long one at the end.
    size = max(1, min(_PORTION, len(left) // workers))
    portions = [left[at : at + size] for at in range(0, len(left), size)]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        tasks = [pool.submit(portion, kind, part, ledger.path) for part in portions]
        for task in as_completed(tasks):
            found = dict(task.result())
            outcomes.update(found)
            lines = [_complaint(kind, seed, outcome) for seed, outcome in found.items()
                     if outcome.problems]  # fmt: skip
            wrong += lines
            if lines or time.monotonic() - said > _SECONDS_BETWEEN_LINES:
                # Said again and again, so that a run that is stopped has its counts.
                said = time.monotonic()
                print(*lines, f"  {len(outcomes)} done, {len(wrong)} wrong, {said - started:.0f} s",
                      sep="\n", flush=True)  # fmt: skip
    _sum_up(kind, outcomes)
    return wrong


def _complaint(kind: str, seed: int, outcome: Outcome) -> str:
    """How a history ended wrong, with what was done in it."""
    command = f"make soak KIND={kind} SEED={seed} HISTORIES=1"
    lines = [f"error: history {seed} ended wrong (replay: {command}):", *outcome.problems,
             *(f"  | {line}" for text in outcome.story for line in text.splitlines())]  # fmt: skip
    return "\n".join(lines)


def _sum_up(kind: str, outcomes: dict[int, Outcome]) -> None:
    """Counts, also of what happened in them: some of it is no promise, or one of its own."""
    wrong = sum(bool(outcome.problems) for outcome in outcomes.values())
    tags = Counter(tag for outcome in outcomes.values() for tag in outcome.tags)
    spoilt = Counter(
        tag for outcome in outcomes.values() if outcome.problems for tag in outcome.tags
    )
    if wrong:
        print(f"{len(outcomes)} histories of {kind}, {wrong} ended wrong")
    else:
        print(f"all {len(outcomes)} histories of {kind} ended as declared")
    for tag, count in sorted(tags.items()):
        print(f"  {tag}: {count}, {spoilt[tag]} of them wrong", flush=True)


def portion(kind: str, seeds: list[int] | range, path: Path | None = None) -> Portion:
    """Some histories in one process, with how each ended; noted in a ledger as it ends."""
    histories_of = import_module(f"tests.reliability.histories.{kind}")
    ledger = Ledger(path)
    done: Portion = []
    with Emulator() as emulator:
        place = histories_of.start(emulator)
        try:
            for seed in seeds:
                outcome = Outcome()
                for attempt in range(1 + _AGAIN):
                    if (parent := parent_process()) and not parent.is_alive():
                        # The run was stopped; nobody waits for this.
                        return done
                    again = Outcome()
                    try:
                        place, result = histories_of.history(seed, emulator, place)
                        again = result if isinstance(result, Outcome) else Outcome(result)
                    except Exception:
                        again.problems = [traceback.format_exc()]
                        place.close()
                        place = histories_of.start(emulator)
                    if attempt == 0:
                        outcome = again
                        times = 0
                    times += bool(again.problems)
                    if not outcome.problems:
                        break
                if outcome.problems:
                    outcome.problems.append(f"(ended wrong {times} times of {1 + _AGAIN})")
                ledger.note(kind, seed, outcome)
                done.append((seed, outcome))
        finally:
            place.close()
    return done

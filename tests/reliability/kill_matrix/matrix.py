"""All cells of the matrix, worked through by a few processes, and the page that shows them."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.reliability.kill_matrix.cells import (
    HOOKS,
    MOMENTS,
    THENS,
    VICTIMS,
    Cell,
    Outcome,
    moments_of,
    run,
    thens_of,
)
from tests.reliability.kill_matrix.kind import Kind
from tests.reliability.kill_matrix.kinds import all_kinds, alone
from tests.reliability.kill_matrix.ledger import Ledger
from tests.reliability.kill_matrix.scene import Scene

_PAGE = """# Who is killed, and what is left to do

<!-- Written by `make kills`; do not edit. -->

Every kind of resource, in every hook of the engine, is stopped at every moment at which something
is half done, and somebody is killed right there with `SIGKILL`: the **p**rovider process, the
**e**ngine, or the **s**erver (which comes back with what it had stored). Then, after
`pulumi cancel` where the engine died, the command is repeated; or the program is reverted to what
it was before; or it is changed to something third. Nobody refreshes. {cells} cells on the real
engine; in {right} of them the server is as declared and the state as the server after at most two
`pulumi up`, with nothing there twice, nothing imported twice, and nothing left in the state to be
deleted. Of them, {refreshed} took a `pulumi up --refresh`, and {orphans} left something behind that
no state knows.

A figure is the number of `pulumi up` that it took, for provider, engine and server in this order;
a `-` stands where a hook has no such moment, because it writes once. Where the program is another
one afterwards, an `r` says that it took `pulumi up --refresh`: state and program agree, so nothing
is sent, and nobody who lives knows of the change. An `o` is an orphan: a create, also that of a
replacement, that was carried out, recorded nowhere, and is declared no longer.
`pulumi-powerautomate orphans` finds the flows among them.

{legend}

To run it: `make kills` (about {minutes:.0f} minutes with two workers on two cores). All kinds
stand at the moment together when the blow falls, as resources of one program do.

{tables}"""


def measure(
    workers: int,
    say: Callable[[str], None] = lambda _: None,
    *,
    native: bool = False,
    file: Path | None = None,
) -> list[Outcome]:
    """
    Every cell.

    Args:
        workers: how many run side by side.
        say: told after each part.
        native: whether the resources are the native provider's.
        file: where the parts that are done are noted.
    """
    context = multiprocessing.get_context("spawn")
    parts = [(kinds, hook, victim, then) for kinds in (all_kinds, alone) for hook in HOOKS
             for victim in VICTIMS for then in thens_of(hook)]  # fmt: skip
    ledger = Ledger(file)
    outcomes: list[Outcome] = []
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        tasks = {}
        for kinds, hook, victim, then in parts:
            part = f"{kinds.__name__}, {hook}, {victim}, {then}{', native' if native else ''}"
            done = ledger.of(part)
            if done is None:
                tasks[pool.submit(work, kinds, hook, victim, then, native)] = part
            else:
                outcomes += done
        for number, task in enumerate(as_completed(tasks), len(parts) - len(tasks) + 1):
            ledger.note(tasks[task], task.result())
            outcomes += task.result()
            wrong = sum(not item.ups for item in outcomes)
            say(f"  {number} of {len(parts)} parts, {len(outcomes)} cells, {wrong} wrong")
    return outcomes


def work(
    kinds: Callable[[Path], list[Kind]], hook: str, victim: str, then: str, native: bool
) -> list[Outcome]:
    """All moments of a hook, for one victim and what follows."""
    for name in list(os.environ):
        if name.startswith(("POWERAUTOMATE_", "PULUMI_", "ARM_", "AZURE_")):
            del os.environ[name]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as folder:
        scene = Scene(Path(folder), kinds, native=native)
        try:
            if any(moments_of(kind, hook) for kind in scene.kinds):
                scene.prepare(hook)
            for moment in MOMENTS:
                outcomes += attempt(scene, hook, moment, victim, then)
        finally:
            scene.close()
    return outcomes


def attempt(
    scene: Scene, hook: str, moment: str, victim: str, then: str = "the same"
) -> list[Outcome]:
    """One run; when it does not come to its moment, all its cells are wrong."""
    kinds = [kind.name for kind in scene.kinds if moment in moments_of(kind, hook)]
    if not kinds:
        return []
    try:
        return run(scene, hook, moment, victim, then)
    except (TimeoutError, LookupError, RuntimeError) as error:
        return [Outcome(Cell(kind, hook, moment, victim, then), 0, (str(error),)) for kind in kinds]


def page(outcomes: Sequence[Outcome], seconds: float) -> str:
    """The documentation's page."""
    with tempfile.TemporaryDirectory() as folder:
        every = [*all_kinds(Path(folder)), *alone(Path(folder))]
        kinds = [kind.name for kind in every]
    found = {item.cell: item for item in outcomes}
    legend = "\n".join(f"- **{name}**: {meaning}" for name, meaning in MOMENTS.items())
    return _PAGE.format(
        cells=len(outcomes),
        right=sum(item.ups > 0 for item in outcomes),
        refreshed=sum(item.remedy == "refresh" for item in outcomes),
        orphans=sum(item.remedy == "orphan" for item in outcomes),
        legend=legend,
        minutes=max(1, seconds / 60),
        tables="\n\n".join(_section(hook, kinds, found) for hook in HOOKS) + "\n",
    )


def complaints(outcomes: Iterable[Outcome]) -> str:
    """The problems, one line each."""
    return "\n".join(
        f"{item.cell.kind}, {item.cell.hook}, {item.cell.moment}, {item.cell.victim}, then "
        f"{item.cell.then}: " + "; ".join(item.problems)
        for item in outcomes
        if not item.ups
    )


def _section(hook: str, kinds: Sequence[str], found: dict[Cell, Outcome]) -> str:
    tables = [f"## {hook}"]
    for then in thens_of(hook):
        tables += [f"Then {THENS[then]}:"] if len(thens_of(hook)) > 1 else []
        tables.append(_table(hook, then, kinds, found))
    return "\n\n".join(tables)


def _table(hook: str, then: str, kinds: Sequence[str], found: dict[Cell, Outcome]) -> str:
    shown = [m for m in MOMENTS if any(c.hook == hook and c.moment == m for c in found)]
    lines = [f"| | {' | '.join(shown)} |", "|---|" + ":-:|" * len(shown)]
    for kind in kinds:
        cells = []
        for moment in shown:
            items = [found.get(Cell(kind, hook, moment, victim, then)) for victim in VICTIMS]
            cells.append(" ".join(map(_shown, items)))
        if any(cell.strip(" -") for cell in cells):
            lines.append(f"| {kind} | {' | '.join('-' if '-' in c else c for c in cells)} |")
    return "\n".join(lines)


def _shown(outcome: Outcome | None) -> str:
    if outcome is None:
        return "-"
    return {"refresh": "r", "orphan": "o"}.get(outcome.remedy) or str(outcome.ups or "wrong")

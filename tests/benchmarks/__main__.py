"""`make bench`: measure, print a table, write `build/bench.json`, fail when a promise is broken."""

from __future__ import annotations

import compileall
import json
import os
import sys
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The modules in tests/benchmarks that measure an area.
AREAS: dict[str, tuple[str, ...]] = {
    "flow": ("flow",),
    "share": ("share",),
    "solution": ("solution",),
    "auth": ("auth",),
    "understand": ("validation", "difference", "adoption"),
    "fault": ("load", "histories"),
    "emulator": ("emulator",),
    "plugin": ("plugin",),
    "wait": ("wait", "growth"),
}


def main(wanted: list[str]) -> int:
    """Measure the areas that were asked for, or all."""
    for name in list(os.environ):
        if name.startswith(("POWERAUTOMATE_", "PULUMI_", "ARM_", "AZURE_")):
            del os.environ[name]
    unknown = set(wanted) - set(AREAS)
    if unknown:
        print(f"error: no area {sorted(unknown)}; there are {', '.join(AREAS)}.", file=sys.stderr)
        return 2
    # As pip does it: otherwise, where no caches may be written, each process compiles all it needs.
    compileall.compile_dir(ROOT / "pulumi_powerautomate", quiet=2)
    started = time.monotonic()
    figures = []
    print(f"{'figure':44} {'value':>12} {'limit':>12}  unit")
    for module in (module for area in wanted or AREAS for module in AREAS[area]):
        for figure in import_module(f"tests.benchmarks.{module}").measure():
            figures.append(asdict(figure))
            limit = "" if figure.limit is None else f"{figure.limit:g}"
            verdict = {True: "ok", False: "NOT REACHED", None: ""}[figure.ok]
            print(
                f"{figure.name:44} {figure.value:>12g} {limit:>12}  {figure.unit:12} {verdict}",
                flush=True,
            )
    target = ROOT / "build" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    print(f"\n{len(figures)} figures in {time.monotonic() - started:.0f} s; build/bench.json")
    return 1 if any(figure["ok"] is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

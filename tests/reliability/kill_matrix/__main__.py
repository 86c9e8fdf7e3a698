"""
`make kills`: kill provider, engine and server at every moment of every hook, on the real engine.

Writes `sdk-docs/kill-matrix.md`. `WORKERS=n` (2 by default) is how many cells run side by side.
With `LEDGER=file` what is done is noted, and the same command goes on after an interruption.
`PROVIDER=native` does it with the native provider, and writes no page.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from tests.reliability.kill_matrix.matrix import complaints, measure, page

ROOT = Path(__file__).resolve().parents[3]

PAGE = ROOT / "sdk-docs" / "kill-matrix.md"


def main() -> int:
    """Run the matrix and write its page."""
    started = time.monotonic()
    file = os.environ.get("LEDGER")
    native = os.environ.get("PROVIDER") == "native"
    outcomes = measure(
        int(os.environ.get("WORKERS") or 2), print, native=native,
        file=Path(file) if file else None,
    )  # fmt: skip
    seconds = time.monotonic() - started
    wrong = complaints(outcomes)
    print(f"{len(outcomes)} cells in {seconds:.0f} s")
    if wrong:
        print(f"error: these did not end as declared:\n{wrong}", file=sys.stderr)
    if not native:
        PAGE.write_text(page(outcomes, seconds), "utf-8")
        print(f"wrote {PAGE.relative_to(ROOT)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""The plan of a run, told before it does anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .lab import Options
from .names import PREFIX
from .probe import Probe
from .probes import PROBES
from .runner import CLEANING_REQUESTS, chosen, most_requests


def plan_lines(only: Sequence[str], options: Options) -> list[str]:
    """The plan of a run, line by line."""
    probes = chosen(only, options)
    names = {probe.name for probe in probes}
    lines = [f"{len(probes)} questions:"]
    lines += [f"  {probe.name:28} {probe.question}" for probe in probes]
    left_out = [probe for probe in PROBES if probe.name not in names and not only]
    if left_out:
        lines.append(f"Not asked without --activate: {', '.join(item.name for item in left_out)}.")
    lines.append("")
    lines.append(f"Made for the time of the run, all with names that begin with {PREFIX}:")
    lines.append("  a publisher and a solution that holds the rest")
    lines += [f"  {text}" for text in _made(probes)]
    lines.append("")
    lines.append(
        "Flows are turned on for a moment; they do nothing and are never started."
        if options.activate
        else "No flow is turned on."
    )
    lines.append("Rows that the run has not made are never changed.")
    lines.append(
        f"At most {most_requests(probes)} requests, and {CLEANING_REQUESTS} to remove what was "
        "made."
    )
    return lines


def _made(probes: Sequence[Probe]) -> list[str]:
    counted = Counter(text for probe in probes for text in probe.makes)
    return [
        text if number == 1 or text.endswith("once") else f"{number} times {text}"
        for text, number in sorted(counted.items())
    ]

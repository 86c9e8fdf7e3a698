"""
The fleet without a tenant: `python emulated.py 20` deploys to twenty emulators on this machine.

Each is an environment of its own. The last one lacks the connection reference that the flow needs,
so that the report has a failure to tell.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import deploy

from pulumi_powerautomate.emulator import Emulator

REFERENCE = {
    "connectionreferencelogicalname": "contoso_office365",
    "connectionreferencedisplayname": "Office 365 Outlook",
    "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
    "connectionid": "shared-office365-1",
}


def main(number: int) -> int:
    """Start the emulators, deploy to all of them, and end them."""
    names = [f"team-{index:02}" for index in range(1, number + 1)]
    seeds = [{"connectionreferences": [REFERENCE]} if name != names[-1] else {} for name in names]
    with ExitStack() as stack:
        with ThreadPoolExecutor(max_workers=4) as pool:
            started = list(pool.map(lambda seed: Emulator(seed=seed), seeds))
        emulators = [stack.enter_context(emulator) for emulator in started]
        environments = {
            name: emulator.environment for name, emulator in zip(names, emulators, strict=True)
        }
        return deploy.main(environments)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""A person who has signed in with the Azure CLI, for whatever needs one."""

from __future__ import annotations

from pathlib import Path

from pulumi_powerautomate.emulator import Emulator
from tests.harness import sign_in
from tests.harness.tenant import person_token

_AZ = """
    import json, sys, time
    tokens = {tokens!r}
    resource = sys.argv[sys.argv.index("--resource") + 1]
    print(json.dumps({{
        "accessToken": tokens[resource],
        "expires_on": int(time.time()) + 3599,
        "tokenType": "Bearer",
    }}))
"""


def az_login(emulator: Emulator, folder: Path) -> dict[str, str]:
    """
    Variables for Alice, with an `az` on PATH that has tokens for the emulator and its discovery
    service; no environment is set.
    """
    root = emulator.environment["POWERAUTOMATE_DISCOVERY_HOST"]
    tokens = {url: person_token(emulator, url) for url in (root, emulator.url)}
    emulator.control.clear_journal()
    values = sign_in.base(emulator, POWERAUTOMATE_DISCOVERY_HOST=root, ARM_USE_CLI="true")
    del values["POWERAUTOMATE_ENVIRONMENT_URL"]
    values["PATH"] = sign_in.program(folder, "az", _AZ.format(tokens=tokens))
    return values

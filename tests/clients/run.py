"""
Clients that others wrote, unpatched, against the emulator: `make clients`.

Each operation is right, refused (501 with the name of what is missing) or wrong. Wrong has to be 0.
The clients are installed below `build/clients`, apart from the project's own packages.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pulumi_powerautomate.emulator import Emulator

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "clients"
PYTHON = BUILD / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
MODULES = BUILD / "node_modules"
_SECONDS = 300


@dataclass(frozen=True)
class Client:
    """One client: its script, and how the emulator has to be reached."""

    name: str
    script: str
    https: bool = False
    default_port: bool = False

    @property
    def is_python(self) -> bool:
        """Whether its script is Python."""
        return self.script.endswith(".py")


CLIENTS = (
    Client("PowerPlatform-Dataverse-Client", "official.py", https=True),
    Client("azure-identity, msal", "sign_in.py", https=True),
    Client("dynamics-web-api", "dynamics-web-api.cjs"),
    # Knows no other port than that of https.
    Client("dataverse-webapi", "dataverse-webapi.cjs", https=True, default_port=True),
    Client("@odata/client", "odata-client.cjs"),
)


@dataclass(frozen=True)
class Outcome:
    """The result of one operation."""

    client: str
    name: str
    outcome: str
    detail: str


def installed(client: Client) -> bool:
    """Whether `make clients` has installed what a client needs."""
    return PYTHON.exists() if client.is_python else MODULES.exists() and bool(shutil.which("node"))


def install() -> None:
    """Install the clients at their pinned versions."""
    BUILD.mkdir(parents=True, exist_ok=True)
    if not PYTHON.exists():
        venv.create(BUILD / "venv", with_pip=True)
    requirements = str(HERE / "requirements.txt")
    subprocess.run([PYTHON, "-m", "pip", "install", "-q", "-r", requirements], check=True)
    npm = shutil.which("npm")
    if npm is None:
        print("npm is not installed: the JavaScript clients are left out.")
        return
    shutil.copy(HERE / "package.json", BUILD / "package.json")
    subprocess.run([npm, "install", "--silent", "--no-audit", "--no-fund"], cwd=BUILD, check=True)


def outcomes(client: Client) -> list[Outcome]:
    """Carry out a client's operations against an emulator of its own."""
    with _emulator(client) as variables:
        lines = _lines(client, variables)
    return [Outcome(client.name, line["name"], line["outcome"], line["detail"]) for line in lines]


def typed_client(folder: Path) -> str:
    """Let `odata2ts` make a typed client of `$metadata`; returns the types that it wrote."""
    with Emulator() as emulator:
        metadata = folder / "metadata.xml"
        metadata.write_bytes(_metadata(emulator))
    (folder / "tsconfig.json").write_text('{"compilerOptions": {"target": "es2020"}}', "utf-8")
    program = str(MODULES / ".bin" / "odata2ts")
    command = [program, "-s", str(metadata), "-o", str(folder / "typed")]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_SECONDS)
    return "".join(path.read_text("utf-8") for path in (folder / "typed").glob("*.d.ts"))


def can_use_default_port() -> bool:
    """Whether this user may listen where https does."""
    with socket.socket() as listening:
        try:
            listening.bind(("127.0.0.5", 443))
        except OSError:
            return False
    return True


@contextmanager
def _emulator(client: Client) -> Iterator[Mapping[str, str]]:
    if not client.default_port:
        with Emulator(https=client.https) as emulator:
            yield emulator.environment
        return
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "pulumi_powerautomate.emulator", "--https"]
        command += ["--host", "127.0.0.5", "--port", "443", "--ready-file", str(ready)]
        process = subprocess.Popen(command)
        try:
            for _ in range(600):
                if ready.exists() or process.poll() is not None:
                    break
                time.sleep(0.1)
            variables = json.loads(ready.read_text("utf-8"))
            variables["POWERAUTOMATE_ENVIRONMENT_URL"] = "https://127.0.0.5"
            yield variables
        finally:
            process.terminate()
            process.wait()


def _lines(client: Client, variables: Mapping[str, str]) -> list[dict[str, str]]:
    command = [str(PYTHON), "-W", "ignore"] if client.is_python else ["node"]
    environment = {
        **os.environ,
        **variables,
        "NODE_PATH": str(MODULES),
        "NODE_EXTRA_CA_CERTS": variables["POWERAUTOMATE_CA_BUNDLE"],
    }
    if client.is_python:
        command += ["-m", f"tests.clients.{client.script.removesuffix('.py')}"]
    else:
        # Modules are looked for beside the script, and the scripts are not beside them.
        for path in HERE.glob("*.cjs"):
            shutil.copy(path, BUILD / path.name)
        command += [str(BUILD / client.script)]
    found = subprocess.run(
        command, cwd=HERE.parents[1],
        env=environment, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    if found.returncode:
        raise RuntimeError(f"{client.name} ended with {found.returncode}: {found.stderr[-2000:]}")
    return [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]


def _metadata(emulator: Emulator) -> bytes:
    import requests

    response = requests.get(
        f"{emulator.url}/api/data/v9.2/$metadata",
        headers={"Authorization": "Bearer emulator", "Accept": "application/xml"},
        timeout=30,
    )
    return response.content


def main() -> int:
    """Install, run everything, print the figures."""
    install()
    wrong = 0
    print(f"{'client':34} {'tried':>5} {'right':>5} {'refused':>7} {'wrong':>5}")
    for client in CLIENTS:
        if not installed(client) or (client.default_port and not can_use_default_port()):
            print(f"{client.name:34} left out: not installed, or the port of https is not free")
            continue
        found = outcomes(client)
        figures = Counter(item.outcome for item in found)
        wrong += figures["wrong"]
        print(f"{client.name:34} {len(found):5} {figures['right']:5} {figures['refused']:7} "
              f"{figures['wrong']:5}")  # fmt: skip
        for item in found:
            if item.outcome != "right":
                print(f"    {item.outcome}: {item.name}: {item.detail[:150]}")
    if MODULES.exists():
        with tempfile.TemporaryDirectory() as folder:
            types = typed_client(Path(folder))
        print(f"{'odata2ts':34} $metadata became {len(types.splitlines())} lines of types")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

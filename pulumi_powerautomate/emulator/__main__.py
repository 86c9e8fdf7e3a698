"""`pulumi-powerautomate emulator`: serve an environment until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn

from . import seed
from .app import App, new_environment
from .control.routes import control_app
from .entra.registration import register
from .organization import KINDS
from .profile import profile_switches
from .responses import ServiceError
from .switches import SWITCHES
from .tls import certificates


def main(argv: Sequence[str] | None = None) -> None:
    """Run the emulator."""
    arguments = _parser().parse_args(argv)
    if arguments.list_switches:
        for name, (allowed, default, meaning) in SWITCHES.items():
            values = "a number" if isinstance(allowed, type) else " | ".join(map(str, allowed))
            print(f"{name:32} {values} (default {default}): {meaning}")
        return
    given = dict(item.partition("=")[::2] for item in arguments.switch)
    try:
        switches = {**profile_switches(arguments.profile), **given}
        extra = json.loads(Path(arguments.seed).read_text("utf-8")) if arguments.seed else None
        environment = new_environment(arguments.database, switches, extra)
    except ServiceError as error:
        sys.exit(f"error: {error.message}")
    except OSError as error:
        sys.exit(f"error: {error.filename or arguments.database}: {error.strerror or error}.")
    except ValueError as error:
        sys.exit(f"error: {arguments.seed} is not JSON ({error}).")
    except KeyError as error:
        sys.exit(f"error: {arguments.seed}: no entity set or key column {error}.")
    environment.kind = arguments.organization_type
    app = App(environment, latency_ms=arguments.latency_ms)
    if arguments.control:
        app.control = control_app(app)
        app.names = frozenset(map(str.lower, [arguments.host, *arguments.allow_host]))
    _register(app, arguments.sign_in)
    asyncio.run(_serve(app, arguments))


def _register(app: App, path: str | None) -> None:
    if path is None:
        return
    try:
        register(app.entra, app.environment, json.loads(Path(path).read_text("utf-8")))
    except ServiceError as error:
        sys.exit(f"error: {path}: {error.message}")
    except OSError as error:
        sys.exit(f"error: {path}: {error.strerror or error}.")
    except ValueError as error:
        sys.exit(f"error: {path} is not JSON ({error}).")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pulumi-powerautomate emulator",
        description="A Dataverse of your own: one environment and its sign-in service.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port of the API, 0 for a free one")
    parser.add_argument("--https", action="store_true", help="serve the API over https")
    parser.add_argument("--database", help="keep the rows in this SQLite file (default: memory)")
    parser.add_argument("--seed", help="JSON file with rows by entity set, for a new environment")
    parser.add_argument("--sign-in", help="JSON file with applications, people and identities")
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="answer an open question otherwise; see --list-switches",
    )
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="text (default), or json: one line once it listens",
    )
    parser.add_argument(
        "--profile",
        metavar="FILE",
        help="set the switches as a file of `pulumi-powerautomate conformance` found the service",
    )
    parser.add_argument("--list-switches", action="store_true", help="print the switches and end")
    parser.add_argument(
        "--organization-type",
        choices=KINDS,
        metavar="TYPE",
        default="Developer",
        help="what the environment says it is: Developer (default), Customer, Secondary, Trial, …",
    )
    parser.add_argument("--latency-ms", type=float, default=0.0, help="time each response takes")
    parser.add_argument(
        "--control",
        action="store_true",
        help="serve /__emulator__/ for faults and edits behind the client's back",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="with --control: a name, beside localhost and numbers, that clients reach it by",
    )
    parser.add_argument("--ready-file", help=argparse.SUPPRESS)
    parser.add_argument("--ends-with-parent", action="store_true", help=argparse.SUPPRESS)
    return parser


async def _serve(app: App, arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="powerautomate-emulator-") as folder:
        tls = certificates(Path(folder), arguments.host)
        api = _listen(arguments.host, arguments.port)
        sign_in = api if arguments.https else _listen(arguments.host, 0)
        scheme = "https" if arguments.https else "http"
        url = f"{scheme}://{_address(api)}"
        app.entra.base = f"https://{_address(sign_in)}"
        app.entra.identities.thumbprint = tls.thumbprint
        app.url = url
        app.entra.directory.served = {url, app.entra.base}
        environment = {
            "POWERAUTOMATE_ENVIRONMENT_URL": url,
            "POWERAUTOMATE_TENANT_ID": seed.TENANT,
            "POWERAUTOMATE_CLIENT_ID": seed.CLIENT,
            "POWERAUTOMATE_CLIENT_SECRET": seed.CLIENT_SECRET,
            "POWERAUTOMATE_AUTHORITY_HOST": app.entra.base,
            "POWERAUTOMATE_DISCOVERY_HOST": app.entra.base,
            "POWERAUTOMATE_CA_BUNDLE": str(tls.bundle),
        }
        servers = [_server(app, None if sign_in is not api else tls.server)]
        sockets = [api]
        if sign_in is not api:
            servers.append(_server(app, tls.server))
            sockets.append(sign_in)
        stop = asyncio.Event()
        stop_on_signals(stop)
        running = [
            asyncio.create_task(server.serve([listening]))
            for server, listening in zip(servers, sockets, strict=True)
        ]
        while not all(server.started for server in servers):
            await asyncio.sleep(0.005)
        if arguments.ready_file:
            _write_whole(Path(arguments.ready_file), json.dumps(environment))
        else:
            _tell(environment, arguments)
        await _until_stopped(stop, with_parent=arguments.ends_with_parent)
        app.faults.clear()
        for server in servers:
            server.should_exit = True
            server.force_exit = True
        await asyncio.gather(*running)
        app.environment.store.close()


def _server(app: App, tls: Any) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http="httptools",
        lifespan="off",
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        # Ours follows the emulator's clock.
        date_header=False,
        timeout_keep_alive=75,
        backlog=2048,
    )
    config.load()
    config.ssl = tls
    server = uvicorn.Server(config)
    # Signals are taken once, for both servers.
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    return server


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio turns off the delay of small packets: 40 ms per response.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Elsewhere it frees the port of a server that has just ended; on Windows it would let a second
    # server have the port of one that runs.
    if os.name != "nt":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        sys.exit(f"error: cannot listen on {host}:{port}: {error.strerror}.")
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _write_whole(path: Path, text: str) -> None:
    """Whoever waits for the file must never see half of it."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, "utf-8")
    beside.replace(path)


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set an event when the process is told to end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:
            # Event loops of Windows have no signals; the handler runs when the loop wakes up.
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


async def _until_stopped(stop: asyncio.Event, *, with_parent: bool) -> None:
    parent = os.getppid()
    # It wakes up again and again, because a handler of Windows waits for that.
    while not stop.is_set() and not (with_parent and os.getppid() != parent):
        with contextlib.suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.2)


def shell_lines(environment: dict[str, str], *, windows: bool) -> list[str]:
    """The lines that set the variables: for PowerShell on Windows, for a shell elsewhere."""
    if windows:
        return [f'$env:{name} = "{value}"' for name, value in environment.items()]
    return [f"export {name}={value}" for name, value in environment.items()]


def _tell(environment: dict[str, str], arguments: argparse.Namespace) -> None:
    if arguments.format == "json":
        told = {"url": environment["POWERAUTOMATE_ENVIRONMENT_URL"], "variables": environment}
        print(json.dumps({**told, "database": arguments.database}), flush=True)
        return
    print("Dataverse emulator: a new environment at", environment["POWERAUTOMATE_ENVIRONMENT_URL"])
    print("Rows are kept in", arguments.database or "memory, until this command ends")
    if arguments.control:
        print("Control surface at", environment["POWERAUTOMATE_ENVIRONMENT_URL"] + "/__emulator__/")
    print("\nIn another terminal, before `pulumi up`:\n")
    for line in shell_lines(environment, windows=os.name == "nt"):
        print(line)
    print("\nPress Ctrl+C to end.", flush=True)


if __name__ == "__main__":
    main()

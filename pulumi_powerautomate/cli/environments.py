"""`pulumi-powerautomate environments`: which environments the signed-in person may use."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ..terminal import json_text, shown
from .output import Progress, add_format

if TYPE_CHECKING:
    from ..client.environments import LiveEnvironment

_TABLE = {
    "NAME": "name",
    "UNIQUE NAME": "unique_name",
    "REGION": "region",
    "STATE": "state",
    "ENVIRONMENT ID": "id",
    "URL": "url",
}


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser("environments", help="list the environments you may use")
    verb.add_argument(
        "name", nargs="?", help="only those with this in a name, an id or the address"
    )
    verb.add_argument("--region", help="only this region, such as EMEA or NA")
    verb.add_argument("--state", choices=("enabled", "disabled"), help="only this state")
    add_format(verb, text="table")
    verb.add_argument("--discovery-host", help="another discovery service, for GCC and DoD")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ..client import DataverseClient
    from ..config import missing_credentials, resolve
    from ..errors import ConfigurationError
    from ..table import text_table

    given = {"discovery_host": arguments.discovery_host} if arguments.discovery_host else {}
    connection = resolve(arguments=given, needs_environment=False)
    problems = missing_credentials(connection)
    if problems:
        raise ConfigurationError(" ".join(problems))
    client = DataverseClient(connection, max_concurrency=1)
    try:
        with Progress("asking for the environments"):
            known = client.discovery.environments(region=arguments.region, state=arguments.state)
        wanted = arguments.name or ""
        chosen = [item for item in known if not wanted or item.matches(wanted)]
        if arguments.format == "json":
            print(json_text([asdict(item) for item in chosen]))
        elif chosen:
            rows = [[getattr(item, name) for name in _TABLE.values()] for item in chosen]
            print(text_table([list(_TABLE), *rows]))
        if not chosen:
            _explain_nothing(client.discovery, wanted, known)
    finally:
        client.close()
    return 0 if chosen else 1


def _explain_nothing(discovery: Any, wanted: str, known: list[LiveEnvironment]) -> None:
    from ..client.environments import explain_address

    reason = explain_address(wanted, known) or discovery.advice(wanted, known)
    told = f"no environment{f' {wanted!r}' if wanted else ''}. {reason}"
    print(shown(told), file=sys.stderr)

"""`pulumi-powerautomate adopt`: flows that exist, as a program and a file to import."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..terminal import json_text, shown
from .output import Progress, add_format
from .selecting import add_selection, connected, selection

if TYPE_CHECKING:
    from ..adoption import Adoption
    from ..client.flows.requests import LiveFlow

_IMPORT = (
    "PULUMI_SKIP_CHECKPOINTS=true pulumi import --file import.json --generate-code=false "
    "--protect=false"
)
_MOST_SHOWN = 10
_MOST_PLACES = 3


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "adopt",
        help="write a program for flows that exist, and the file for `pulumi import --file`",
        description="Writes a Pulumi program for flows that exist, and import.json for `pulumi "
        "import --file import.json --generate-code=false --protect=false`. The first preview "
        "afterwards is empty. Run again, it adds what is new and touches nothing else. Programs "
        "in YAML and TypeScript are for the native provider.",
    )
    verb.add_argument("--all", action="store_true", help="every flow that can be managed")
    add_selection(verb)
    verb.add_argument(
        "--language",
        metavar="LANGUAGE",
        help="what the program is in: python, yaml or typescript (that of the program in the "
        "folder, or python)",
    )
    verb.add_argument("-o", "--output", metavar="DIR", default=".", help="the folder (.)")
    verb.add_argument("--stack", help="[ORGANIZATION/]NAME of the stack; dev by default")
    verb.add_argument("--project", help="the project's name; the folder's by default")
    add_format(verb)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..adoption import adopt, language_for
    from ..errors import InvalidInputError

    chosen = arguments.all or arguments.name or arguments.owner or arguments.solution
    if not chosen and not sys.stdin.isatty():
        raise InvalidInputError("Say what to adopt: --all, --name, --owner or --solution.")
    # Refused before anything is asked.
    language_for(Path(arguments.output), arguments.language)
    organization, _, stack = (arguments.stack or "").rpartition("/")
    progress = Progress("reading the flows")

    def choose(flows: Sequence[LiveFlow]) -> set[str]:
        with progress.paused():
            return _asked(flows)

    with progress:
        result = adopt(
            connected(),
            selection(arguments),
            Path(arguments.output),
            stack=stack or None,
            project=arguments.project,
            organization=organization.rpartition("/")[0] or organization or "organization",
            language=arguments.language,
            choose=None if chosen else choose,
            report=progress,
        )
    if arguments.format == "json":
        print(json_text(_as_json(result)))
    else:
        _tell(result)
    return 0


def _as_json(result: Adoption) -> dict[str, Any]:
    return {
        "folder": str(result.folder),
        "stack": result.stack,
        "flows": result.flows,
        "references": result.references,
        "shares": result.shares,
        "known": result.known,
        "skipped": [{"name": name, "reason": reason} for name, reason in result.skipped],
        "credentials": result.credentials,
        "notes": result.notes,
    }


def _asked(flows: Sequence[LiveFlow]) -> set[str]:
    """Ids of the flows that a person picks from a numbered list."""
    from ..errors import InvalidInputError

    for number, flow in enumerate(flows, 1):
        print(f"{number:4}  {flow.state:9}  {shown(flow.name)}")
    try:
        response = input("Which? Numbers, ranges such as 3-7, or `all`: ")
    except EOFError:
        response = ""
    picked: set[str] = set()
    for part in response.replace(",", " ").split():
        if part == "all":
            return {flow.workflow_id for flow in flows}
        first, _, last = part.partition("-")
        if not re.fullmatch(r"[0-9]+(-[0-9]+)?", part):
            raise InvalidInputError(f"{part!r} is neither a number nor a range such as 3-7.")
        if not 1 <= int(first) <= int(last or first) <= len(flows):
            raise InvalidInputError(f"{part!r} is not among 1 to {len(flows)}.")
        picked |= {flow.workflow_id for flow in flows[int(first) - 1 : int(last or first)]}
    return picked


def _tell(result: Adoption) -> None:
    added = f"{len(result.flows)} flows, {len(result.references)} connection references and "
    print(f"adopted {added}{result.shares} shares into {result.folder}")
    if result.known:
        print(f"{result.known} flows were adopted before")
    if result.skipped:
        print(f"not adopted ({len(result.skipped)}):")
        for name, reason in result.skipped[:_MOST_SHOWN]:
            print(f"  {shown(f'{name}: {reason}')}")
        if len(result.skipped) > _MOST_SHOWN:
            print(f"  … and {len(result.skipped) - _MOST_SHOWN} more")
    if result.credentials:
        print(
            f"{len(result.credentials)} of them hold what looks like a credential. It is a secret "
            "in the program and in the state; the definition's file and import.json hold it in "
            "clear, readable by you alone. Move it to a connection, or to an environment variable "
            "of the type secret, before you commit these files:"
        )
        for name, places in result.credentials.items():
            more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
            print(f"  {shown(name)}: {shown(', '.join(places[:_MOST_PLACES]))}{more}")
    for note in result.notes:
        print(f"note: {shown(note)}")
    if result.flows:
        print(
            f"next, in {result.folder}:\n{_before(result.language)}"
            f"  pulumi stack init {result.stack}    (unless it exists)\n"
            f"  {_IMPORT}\n"
            "    (the variable spares a checkpoint after each resource: of hundreds, seconds "
            "instead of minutes;\n    an import that was interrupted can be run again)\n"
            "  pulumi up    (changes nothing, and records what depends on what)"
        )


def _before(language: str) -> str:
    """Lines on what a program in a language needs before its stack; none for Python."""
    program = Path(sys.executable).with_name("pulumi-resource-powerautomate")
    provider = str(program) if program.exists() else program.name
    if language == "typescript":
        return (
            f"  pulumi package add {provider}\n"
            "    (writes the library that the program imports, into sdks/powerautomate)\n"
        )
    if language == "yaml":
        return f"  have {provider} on PATH\n    (the native provider, which this package brings)\n"
    return ""

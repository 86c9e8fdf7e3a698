"""`pulumi-powerautomate conformance`: open questions, asked of a real environment."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..terminal import json_text, shown
from .output import Progress, add_format
from .selecting import connected

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..conformance.lab import Options
    from ..conformance.runner import Place
    from ..conformance.sender import Sender


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "conformance",
        help="ask an environment what the documentation leaves open; a file without private data",
        description="Asks the environment about 95 questions that the documentation of Dataverse "
        "leaves open, in a solution of its own, which it removes again. What comes out is a file "
        "for an issue, and for `emulator --profile`. Exit code 0: done; 1: something failed or is "
        "left, or a comparison found differences; 2: nothing was done.",
    )
    what = verb.add_mutually_exclusive_group()
    what.add_argument("--plan", action="store_true", help="list what a run would do, and end")
    what.add_argument(
        "--clean-up", action="store_true", help="remove what runs that were killed have left"
    )
    what.add_argument(
        "--compare", metavar="FILE", help="show where a file differs from the emulator"
    )
    what.add_argument("--page-of", metavar="FILE", help="print the page of a file")
    verb.add_argument("--activate", action="store_true", help="also turn on flows that do nothing")
    verb.add_argument(
        "--only", metavar="PROBE", action="append", default=[],
        help="ask this question only, by its name in --plan; may be repeated",
    )  # fmt: skip
    verb.add_argument("--yes", action="store_true", help="start without a question")
    verb.add_argument(
        "--production", action="store_true", help="allow an environment that is not for tests"
    )
    verb.add_argument(
        "--most-requests", type=_positive, metavar="N",
        help="send no more requests than this (default: what the plan says)",
    )  # fmt: skip
    verb.add_argument(
        "--upload-bytes", type=_positive, default=4 * 1024 * 1024, metavar="N",
        help="largest body that is tried for a limit (default 4194304)",
    )  # fmt: skip
    verb.add_argument(
        "-o", "--output", default="conformance.json", metavar="FILE",
        help="the file (default conformance.json); its page is beside it, as .md",
    )  # fmt: skip
    add_format(verb)
    verb.set_defaults(run=_run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give a number above 0")
    return number


def _run(arguments: argparse.Namespace) -> int:
    if arguments.format != "json":
        return _carry_out(arguments)
    # What a person is told and asked goes to the terminal all the same.
    arguments.document = {}
    with contextlib.redirect_stdout(sys.stderr):
        code = _carry_out(arguments)
    if arguments.document:
        print(json_text(arguments.document))
    return code


def _carry_out(arguments: argparse.Namespace) -> int:
    from ..conformance.lab import Options
    from ..conformance.plan import plan_lines
    from ..conformance.probes import named
    from ..conformance.runner import chosen, most_requests
    from ..errors import InvalidInputError

    unknown = [name for name in arguments.only if named(name) is None]
    if unknown:
        raise InvalidInputError(f"--only {unknown[0]}: no such probe; --plan lists them.")
    if arguments.compare:
        return _compare(arguments)
    if arguments.page_of:
        from ..conformance.page import page_text
        from ..conformance.result import read_file

        page = page_text(read_file(arguments.page_of))
        arguments.document = {"page": page}
        print(page, end="")
        return 0
    options = Options(activate=arguments.activate, upload_bytes=arguments.upload_bytes)
    if arguments.plan:
        lines = plan_lines(arguments.only, options)
        arguments.document = {
            "questions": [
                {"name": probe.name, "question": probe.question}
                for probe in chosen(arguments.only, options)
            ],
            "most_requests": most_requests(chosen(arguments.only, options)),
            "lines": lines,
        }
        print("\n".join(lines))
        return 0
    from ..conformance.anonymise import PrivateTextError
    from ..conformance.sender import BudgetSpentError

    try:
        return _clean_up(arguments) if arguments.clean_up else _ask(arguments, options)
    except BudgetSpentError as error:
        print(f"error: {error} Run --clean-up.", file=sys.stderr)
    except PrivateTextError as error:
        print(f"error: {error} It was not written; please report it.", file=sys.stderr)
    return 1


def _client() -> DataverseClient:
    """The configured environment; whether answers carry their headers is a question here."""
    from dataclasses import replace

    from ..client import DataverseClient

    given = connected().connection
    connection = replace(
        given,
        settings={**given.settings, "verify_responses": "false"},
        origins={**given.origins, "verify_responses": "conformance"},
    )
    return DataverseClient(connection, max_concurrency=1)


def _ask(arguments: argparse.Namespace, options: Options) -> int:
    from ..conformance.plan import plan_lines
    from ..conformance.runner import BASE_REQUESTS, chosen, look_around, most_requests
    from ..conformance.sender import Sender

    client = _client()
    try:
        wanted = most_requests(chosen(arguments.only, options))
        sender = Sender(client.transport, BASE_REQUESTS + 200)
        place = look_around(client, sender)
        _refuse_production(place, arguments.production)
        for line in plan_lines(arguments.only, options):
            print(shown(line))
        where = f"{client.connection.host}, {place.kind or 'of unknown kind'}"
        if not (arguments.yes or _agreed(f"Ask {where}?")):
            return 2
        sender.most = sender.sent + (arguments.most_requests or wanted)
        return _finish(arguments, options, client, sender, place)
    finally:
        client.close()


def _refuse_production(place: Place, allowed: bool) -> None:
    from ..conformance.runner import NOT_PRODUCTION
    from ..errors import WrongEnvironmentError

    if allowed or place.kind in NOT_PRODUCTION:
        return
    says = f"calls itself {place.kind}" if place.kind else "does not say what it is"
    raise WrongEnvironmentError(
        f"The environment {says}, so it may be production; nothing was made. Use a developer, "
        "trial or sandbox environment, or pass --production."
    )


def _finish(
    arguments: argparse.Namespace,
    options: Options,
    client: DataverseClient,
    sender: Sender,
    place: Place,
) -> int:
    from ..conformance.page import page_text
    from ..conformance.result import file_text, read_file
    from ..conformance.runner import carry_out
    from .flow_files import write

    with Progress("asking the environment") as progress:
        run = carry_out(client, sender, place, options, only=arguments.only, progress=progress)
    text = file_text(run, options, product=_version(), cloud=client.connection.cloud.name)
    target = Path(arguments.output)
    write(text, arguments.output)
    beside = target.with_suffix(".md")
    write(page_text(read_file(target)), str(beside))
    count = dict.fromkeys(("decided", "undecided", "not asked", "failed"), 0)
    for finding in run.findings:
        count[finding.outcome] += 1
        if finding.outcome != "decided":
            told = f"{finding.outcome:10} {finding.probe.name}: {finding.answer.remark}"
            print(shown(told))
    print(", ".join(f"{number} {name}" for name, number in count.items()) + f"; {run.requests} "
          f"requests; {run.deleted} rows removed.")  # fmt: skip
    arguments.document = {
        "file": str(target),
        "page": str(beside),
        "outcomes": count,
        "requests": run.requests,
        "deleted": run.deleted,
        "left": [{"kind": row.kind, "name": row.name} for row in run.left],
    }
    print(shown(f"{target} is the answer, {beside} its page: read the page, then send the file."))
    for row in run.left:
        print(shown(f"left: {row.kind} {row.name}; run --clean-up"), file=sys.stderr)
    if run.problem:
        print(shown(f"not cleaned up: {run.problem} Run --clean-up."), file=sys.stderr)
    return 1 if run.left or run.problem or count["failed"] else 0


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pulumi-powerautomate")
    except PackageNotFoundError:
        return "unknown"


def _clean_up(arguments: argparse.Namespace) -> int:
    from ..conformance.cleaning import clean_up, leftovers, wait_for_imports
    from ..conformance.runner import CLEANING_REQUESTS
    from ..conformance.sender import Sender

    client = _client()
    try:
        sender = Sender(client.transport, 4 * CLEANING_REQUESTS)
        wait_for_imports(sender, 600.0)
        there = list(leftovers(sender))
        for row in there:
            print(shown(f"{row.kind:22} {row.name}"))
        arguments.document = {"found": len(there), "deleted": 0, "left": []}
        if not there:
            print("Nothing is left of any run.")
            return 0
        if not (arguments.yes or _agreed(f"Delete these {len(there)} rows?")):
            return 2
        deleted, left = clean_up(sender)
    finally:
        client.close()
    arguments.document |= {
        "deleted": deleted,
        "left": [{"kind": row.kind, "name": row.name} for row in left],
    }
    print(f"{deleted} rows removed.")
    for row in left:
        print(shown(f"left: {row.kind} {row.name}"), file=sys.stderr)
    return 1 if left else 0


def _compare(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from ..conformance.compare import comparisons
    from ..conformance.result import read_file

    found = list(comparisons(read_file(arguments.compare)))
    for item in found:
        if item.verdict != "same":
            sides = f"emulator {item.emulator!r}, service {item.service!r}"
            remark = f" ({item.remark})" if item.remark else ""
            print(shown(f"{item.verdict:10} {item.probe}: {sides}{remark}"))
    arguments.document = {"answers": [asdict(item) for item in found]}
    different = sum(item.verdict == "different" for item in found)
    print(f"{different} of {len(found)} answers differ from the emulator's defaults.")
    return 1 if different else 0


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        print("Not done: there is no terminal to ask at; pass --yes.", file=sys.stderr)
        return False
    return input(f"{shown(question)} [y/N] ").strip().lower() in ("y", "yes")

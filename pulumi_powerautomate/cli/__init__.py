"""
`pulumi-powerautomate`: what happens before and after `pulumi up`.

One module per verb, each with `add_to(verbs)`, which declares its arguments, and a function that
runs it and returns the exit code. The verbs hold no rules of their own. Exit codes: 0 done, 1 the
answer is no (a problem was found, a check failed), 2 the call cannot be carried out as it stands,
130 it was interrupted.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from ..errors import PowerAutomateError
from ..terminal import shown
from .output import paint

# In the order of `--help`; a verb's module is loaded when it is called, its machinery later.
VERBS = (
    "adopt",
    "comment",
    "completion",
    "conformance",
    "diagram",
    "diff",
    "doctor",
    "emulator",
    "environments",
    "export",
    "flows",
    "orphans",
    "pack",
    "report",
    "run_check",
    "settings",
    "validate",
)
# The modules that are called otherwise than their verb.
_MODULES = {"unpack": "pack", "run-check": "run_check"}

_EPILOG = """\
exit codes: 0 done; 1 the answer is no (a difference, a finding, a failed check); 2 the call cannot
be carried out as it stands, with one line on standard error that says why; 130 interrupted.
`--format json` of every verb prints one JSON document on standard output."""

# What a disk without room says; a file may also be as large as its owner is allowed to make it.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the console script's entry point."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = _parsed(given)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter of a name shows its number.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = int(arguments.run(arguments))
        sys.stdout.flush()
        return code
    except PowerAutomateError as error:
        print(f"{paint('error:', 'red', sys.stderr)} {shown(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of a pipe has seen enough.
        _close_output()
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in _FULL:
            raise
        _close_output()
        print(f"error: the output cannot be written: {error.strerror}.", file=sys.stderr)
        return 2


class _Help(argparse.HelpFormatter):
    """As wide as the terminal; one is made for each argument, and few of them are ever shown."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class _WholeHelp(_Help, argparse.RawDescriptionHelpFormatter):
    """The same for the command itself, whose exit codes have lines of their own."""


class _Parser(argparse.ArgumentParser):
    """The parser of a verb, or of the command."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"formatter_class": _Help, **more})


@cache
def _columns() -> int:
    """
    Columns of the terminal, by the rules of `shutil.get_terminal_size`.

    That module brings the decompressors along, which takes as long as a short verb does.
    """
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 80


def parser_with(modules: Iterable[str]) -> tuple[argparse.ArgumentParser, Any]:
    """The command's parser with the verbs of some modules, and its table of verbs."""
    parser = _Parser(
        prog="pulumi-powerautomate",
        description="Power Automate cloud flows as code: what happens around `pulumi up`.",
        epilog=_EPILOG,
        formatter_class=_WholeHelp,
    )
    parser.add_argument("--version", action=_Version, help="print the version and end")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True, prog=parser.prog)
    for name in modules:
        importlib.import_module(f".{name}", __package__).add_to(verbs)
    return parser, verbs


def _parsed(given: list[str]) -> argparse.Namespace:
    first = next(iter(given), "")
    module = _MODULES.get(first, first)
    # Without the other verbs it starts sooner.
    parser, verbs = parser_with([module] if module in VERBS else VERBS)
    if first and not first.startswith("-") and first not in verbs.choices:
        _refuse_verb(parser, first, list(verbs.choices))
    arguments, rest = parser.parse_known_args(given)
    if rest:
        verb = verbs.choices.get(first, parser)
        options = [name for action in verb._actions for name in action.option_strings]
        verb.error(f"unrecognized arguments: {' '.join(rest)}{_meant(rest[0], options)}")
    return arguments


def _refuse_verb(parser: argparse.ArgumentParser, given: str, verbs: list[str]) -> None:
    known = _meant(given, verbs) or f"; the verbs are {', '.join(verbs)}"
    print(
        f"{paint('error:', 'red', sys.stderr)} there is no verb {shown(given)!r}{known}.",
        file=sys.stderr,
    )
    parser.exit(2)


def _meant(given: str, known: list[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(given.partition("=")[0].replace("_", "-"), known, 1, 0.6)
    return f"; did you mean {found[0]}?" if found else ""


class _Version(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *given: Any) -> None:
        from importlib.metadata import version

        print(f"pulumi-powerautomate {version('pulumi-powerautomate')}")
        parser.exit()


def _close_output() -> None:
    """A second complaint at exit would help nobody."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

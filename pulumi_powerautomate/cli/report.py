"""`pulumi-powerautomate report`: a preview as the comment of a pull request."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import add_format

if TYPE_CHECKING:
    from ..review import Step
    from ..solution.difference import PackageDifference


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "report", help="a `pulumi preview --json` as Markdown for a pull request"
    )
    verb.add_argument(
        "preview", nargs="?", default="-",
        help="the file that holds the preview's JSON; standard input by default",
    )  # fmt: skip
    verb.add_argument("-o", "--output", help="the Markdown file to write; standard output if none")
    verb.add_argument("--title", default="", help="the heading; the stack's name by default")
    verb.add_argument(
        "--stack", default="",
        help="the stack's name, for a preview that failed before it named one; the project's name "
        "is read from Pulumi.yaml in the folder",
    )  # fmt: skip
    verb.add_argument(
        "--limit", type=int, default=65_536, metavar="CHARACTERS",
        help="the longest report (65536, GitHub's limit for a comment)",
    )  # fmt: skip
    verb.add_argument(
        "--folder", default=".", metavar="FOLDER",
        help="the program's folder, where packages are looked for (the working folder)",
    )  # fmt: skip
    add_format(verb, text="markdown")
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from dataclasses import replace
    from functools import partial

    from ..review import read_preview, report, report_document
    from ..terminal import json_text
    from .flow_files import read_text, write

    preview = read_preview(read_text(arguments.preview))
    if arguments.stack:
        # Of `organization/project/stack` the last part is the name.
        stack = arguments.stack.rpartition("/")[2]
        project = preview.project or _project(Path(arguments.folder))
        preview = replace(preview, stack=stack, project=project)
    packages = partial(_packages, Path(arguments.folder))
    if arguments.format == "json":
        write(json_text(report_document(preview, packages=packages)) + "\n", arguments.output)
        return 0
    text = report(preview, title=arguments.title, limit=arguments.limit, packages=packages)
    write(text, arguments.output)
    return 0


def _project(folder: Path) -> str:
    """The project's name, as Pulumi.yaml has it on a line of its own."""
    for name in ("Pulumi.yaml", "Pulumi.yml"):
        if (folder / name).is_file():
            text = (folder / name).read_text("utf-8", "replace")
            found = re.search(r"""(?m)^name:\s*["']?([A-Za-z0-9_.-]+)""", text)
            return found[1] if found else ""
    return ""


def _packages(folder: Path, step: Step) -> PackageDifference | str | None:
    """The difference of a solution's packages, or why it is not at hand."""
    from ..solution import contents_of
    from ..solution.difference import PackageDifference, compare_flows, compare_packages
    from ..solution.history import find_package

    before, after = (
        (str(inputs.get("package") or ""), str(inputs.get("sha256") or ""))
        for inputs in (step.before, step.after)
    )
    if before[1] == after[1] or not after[1]:
        return None
    found = [
        find_package(folder / path, sha256) if path and sha256 else None
        for path, sha256 in (before, after)
    ]
    if found[1] is None:
        return f"Its content is not compared: {after[0]} is not the package of the preview."
    new = contents_of(found[1], after[0])
    if step.operation == "create" or not before[1]:
        return PackageDifference([], compare_flows({}, new.flows))
    if found[0] is None:
        return (
            "Its content is not compared: the package that was imported last is neither at "
            f"{before[0]} nor in the git history of it."
        )
    return compare_packages(contents_of(found[0], before[0]), new)

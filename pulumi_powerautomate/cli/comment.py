"""`pulumi-powerautomate comment`: a report as one comment of the pull request."""

from __future__ import annotations

import argparse
import os
from typing import Any

from .output import Progress, add_format


def add_to(verbs: Any) -> None:
    """Declare the verb."""
    verb = verbs.add_parser(
        "comment",
        help="write a report as one comment of this run's pull request, or update it",
        description="Works in runs of GitHub Actions (GITHUB_TOKEN), Azure Pipelines "
        "(SYSTEM_ACCESSTOKEN) and GitLab CI (GITLAB_TOKEN). The comment of an earlier run is found "
        "by the first line of the report, which names project and stack, among those that the same "
        "identity wrote.",
    )
    verb.add_argument("report", help="the file that `report` wrote; - for standard input")
    add_format(verb)
    verb.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..pull_request import put_comment, system_of
    from ..terminal import json_text, shown
    from .flow_files import read_text

    text = read_text(arguments.report)
    with Progress("writing the comment"):
        comment = put_comment(text, system_of(os.environ))
    if arguments.format == "json":
        print(json_text({"done": comment.done, "url": comment.url}))
    else:
        print(shown(f"comment {comment.done} {comment.url}".rstrip()))
    return 0

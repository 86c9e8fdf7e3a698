"""
Pull requests of GitHub.

Sources: "REST API endpoints for issue comments", "Variables reference" of GitHub Actions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError
from .system import Api, Comment, required

# Who writes with the token that a workflow is given; it may not ask who it is.
_WORKFLOW = "github-actions[bot]"


class GitHub:
    """The pull request of a run of GitHub Actions."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        token = required(
            environ, "GITHUB_TOKEN", "GH_TOKEN",
            remedy="Give the step `env: GITHUB_TOKEN: ${{ github.token }}`.",
        )  # fmt: skip
        base = environ.get("GITHUB_API_URL") or "https://api.github.com"
        self._repository = f"repos/{required(environ, 'GITHUB_REPOSITORY')}"
        self._number = _number(environ)
        self._api = Api(
            base,
            {"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"},
            "GitHub",
            "Give the job `permissions: pull-requests: write`; pull requests of forks cannot have "
            "it.",
        )
        self._login = environ.get("PULUMI_POWERAUTOMATE_COMMENT_AUTHOR") or _WORKFLOW

    def find(self, marker: str) -> Any:
        """The id of the own comment that begins with the marker; None without one."""
        path = f"{self._repository}/issues/{self._number}/comments"
        unknown = f"GitHub does not know pull request {self._number}, or hides it from the token."
        for item in self._api.listed(path, unknown):
            mine = (item.get("user") or {}).get("login") == self._login
            if mine and str(item.get("body") or "").startswith(marker):
                return item["id"]
        return None

    def create(self, text: str) -> Comment:
        """Write a new comment."""
        path = f"{self._repository}/issues/{self._number}/comments"
        return Comment("created", _url(self._api.call("POST", path, {"body": text})))

    def update(self, known: Any, text: str) -> Comment:
        """Write a comment anew."""
        path = f"{self._repository}/issues/comments/{known}"
        return Comment("updated", _url(self._api.call("PATCH", path, {"body": text})))


def _number(environ: Mapping[str, str]) -> int:
    path = environ.get("GITHUB_EVENT_PATH", "")
    if path and Path(path).is_file():
        event = json.loads(Path(path).read_text("utf-8"))
        number = (event.get("pull_request") or {}).get("number")
        if isinstance(number, int):
            return number
    found = re.fullmatch(r"refs/pull/(\d+)/.*", environ.get("GITHUB_REF", ""))
    if found is None:
        raise ConfigurationError("This run of GitHub Actions belongs to no pull request.")
    return int(found[1])


def _url(answer: Any) -> str:
    return str((answer or {}).get("html_url") or "")

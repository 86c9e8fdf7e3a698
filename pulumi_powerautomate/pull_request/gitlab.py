"""
Merge requests of GitLab.

Sources: "Notes API", "Predefined CI/CD variables reference" of GitLab.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..errors import ConfigurationError
from .system import Api, Comment, required

_REMEDY = (
    "Set GITLAB_TOKEN, masked, to a project access token with the scope `api`: the token of a job "
    "may not write notes."
)


class GitLab:
    """The merge request of a run of GitLab CI."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        token = required(environ, "GITLAB_TOKEN", remedy=_REMEDY)
        request = environ.get("CI_MERGE_REQUEST_IID", "").strip()
        if not request:
            raise ConfigurationError(
                "This run of GitLab CI belongs to no merge request; let the job run for "
                '`$CI_PIPELINE_SOURCE == "merge_request_event"`.'
            )
        project = quote(required(environ, "CI_PROJECT_ID"), safe="")
        self._notes = f"projects/{project}/merge_requests/{quote(request)}/notes"
        base = required(environ, "CI_API_V4_URL")
        self._api = Api(base, {"PRIVATE-TOKEN": token}, "GitLab", _REMEDY)

    def find(self, marker: str) -> Any:
        """The id of the own note that begins with the marker; None without one."""
        own = (self._api.call("GET", "user") or {}).get("id")
        unknown = f"GitLab does not know the merge request. {_REMEDY}"
        for item in self._api.listed(self._notes, unknown):
            mine = own is not None and (item.get("author") or {}).get("id") == own
            if mine and str(item.get("body") or "").startswith(marker):
                return item["id"]
        return None

    def create(self, text: str) -> Comment:
        """Write a new note."""
        self._api.call("POST", self._notes, {"body": text})
        return Comment("created", "")

    def update(self, known: Any, text: str) -> Comment:
        """Write a note anew."""
        self._api.call("PUT", f"{self._notes}/{known}", {"body": text})
        return Comment("updated", "")

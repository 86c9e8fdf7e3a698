"""
Pull requests of Azure Repos.

Sources: Azure DevOps REST API 7.1, "Pull Request Threads" and "Pull Request Thread Comments";
"Predefined variables" of Azure Pipelines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..errors import ConfigurationError
from .system import Api, Comment, required

_VERSION = "api-version=7.1"
_REMEDY = (
    'Give the build service the permission "Contribute to pull requests", and the step '
    "`env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`."
)


class AzureDevOps:
    """The pull request of a run of Azure Pipelines."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        token = required(environ, "SYSTEM_ACCESSTOKEN", remedy=_REMEDY)
        collection = required(environ, "SYSTEM_COLLECTIONURI")
        request = environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "").strip()
        if not request:
            raise ConfigurationError("This run of Azure Pipelines belongs to no pull request.")
        # By id: the name of a project may hold spaces.
        project = quote(required(environ, "SYSTEM_TEAMPROJECTID"), safe="")
        repository = quote(required(environ, "BUILD_REPOSITORY_ID"), safe="")
        self._threads = (
            f"{project}/_apis/git/repositories/{repository}/pullRequests/{quote(request)}/threads"
        )
        self._api = Api(collection, {"Authorization": f"Bearer {token}"}, "Azure DevOps", _REMEDY)

    def find(self, marker: str) -> Any:
        """Thread and comment that begin with the marker and are the own; None without one."""
        me = self._api.call("GET", f"_apis/connectionData?{_VERSION}-preview") or {}
        own = (me.get("authenticatedUser") or {}).get("id")
        answer = self._api.call("GET", f"{self._threads}?{_VERSION}")
        if answer is None:
            raise ConfigurationError("Azure DevOps does not know the pull request. " + _REMEDY)
        for thread in answer.get("value", []):
            first: dict[str, Any] = next(iter(thread.get("comments") or []), {})
            mine = own is not None and (first.get("author") or {}).get("id") == own
            is_there = not thread.get("isDeleted") and not first.get("isDeleted")
            if mine and is_there and str(first.get("content") or "").startswith(marker):
                return thread["id"], first["id"]
        return None

    def create(self, text: str) -> Comment:
        """Write a new thread; it is closed, so that it holds no completion back."""
        comment = {"parentCommentId": 0, "content": text, "commentType": "text"}
        body = {"comments": [comment], "status": "closed"}
        self._api.call("POST", f"{self._threads}?{_VERSION}", body)
        return Comment("created", "")

    def update(self, known: Any, text: str) -> Comment:
        """Write a comment anew."""
        thread, comment = known
        path = f"{self._threads}/{thread}/comments/{comment}?{_VERSION}"
        self._api.call("PATCH", path, {"content": text})
        return Comment("updated", "")

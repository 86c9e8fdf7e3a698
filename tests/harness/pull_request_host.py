"""The parts of three hosts' APIs that comments of pull requests take, on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any

from tests.harness import http_server

GITHUB_ME, OTHER = "github-actions[bot]", "mallory"


@dataclass
class Host:
    """
    A host with comments.

    Attributes:
        kind: `github`, `azure` or `gitlab`.
        comments: author and text, by id.
        answers: status and headers of the next answers, in place of the right ones.
        seen: the requests, `METHOD path`, and their headers.
    """

    kind: str
    url: str = ""
    comments: dict[int, list[str]] = field(default_factory=dict)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def texts(self) -> list[str]:
        """The texts that are written there, in order."""
        return [text for _, text in self.comments.values()]

    def answer(self, method: str, path: str, body: Any) -> Any:
        """The response of the host; None when it knows no such path."""
        return {"github": self._github, "azure": self._azure, "gitlab": self._gitlab}[self.kind](
            method, path, body
        )

    def _new(self, text: str, author: str) -> int:
        number = len(self.comments) + 101
        self.comments[number] = [author, text]
        return number

    def _page(self, path: str, one: Any) -> list[Any]:
        (number,) = re.findall(r"[?&]page=(\d+)", path)
        page = int(number)
        rows = [one(number, *item) for number, item in self.comments.items()]
        return rows[(page - 1) * 100 : page * 100]

    def _github(self, method: str, path: str, body: Any) -> Any:
        comments = "/repos/contoso/flows/issues"
        if method == "GET" and path.startswith(f"{comments}/7/comments?"):
            return self._page(
                path, lambda n, author, text: {"id": n, "user": {"login": author}, "body": text}
            )
        if method == "POST" and path == f"{comments}/7/comments":
            return {"html_url": f"https://github.com/#{self._new(body['body'], GITHUB_ME)}"}
        found = re.fullmatch(rf"{comments}/comments/(\d+)", path)
        if method == "PATCH" and found:
            self.comments[int(found[1])][1] = body["body"]
            return {"html_url": f"https://github.com/#{found[1]}"}
        return None

    def _azure(self, method: str, path: str, body: Any) -> Any:
        if method == "GET" and path == "/contoso/_apis/connectionData?api-version=7.1-preview":
            return {"authenticatedUser": {"id": GITHUB_ME}}
        threads = "/contoso/p-1/_apis/git/repositories/r-1/pullRequests/7/threads"
        if method == "GET" and path == f"{threads}?api-version=7.1":
            rows = [
                {"id": n, "comments": [{"id": 1, "author": {"id": author}, "content": text}]}
                for n, (author, text) in self.comments.items()
            ]
            return {"value": [{"id": 1, "isDeleted": True, "comments": []}, *rows]}
        if method == "POST" and path == f"{threads}?api-version=7.1":
            return {"id": self._new(body["comments"][0]["content"], GITHUB_ME)}
        found = re.fullmatch(rf"{threads}/(\d+)/comments/1\?api-version=7.1", path)
        if method == "PATCH" and found:
            self.comments[int(found[1])][1] = body["content"]
            return {"id": 1}
        return None

    def _gitlab(self, method: str, path: str, body: Any) -> Any:
        if method == "GET" and path == "/api/v4/user":
            return {"id": GITHUB_ME}
        notes = "/api/v4/projects/5/merge_requests/7/notes"
        if method == "GET" and path.startswith(f"{notes}?"):
            return self._page(
                path, lambda n, author, text: {"id": n, "author": {"id": author}, "body": text}
            )
        if method == "POST" and path == notes:
            return {"id": self._new(body["body"], GITHUB_ME)}
        found = re.fullmatch(rf"{notes}/(\d+)", path)
        if method == "PUT" and found:
            self.comments[int(found[1])][1] = body["body"]
            return {"id": int(found[1])}
        return None

    def variables(self) -> dict[str, str]:
        """The variables of a run of this host's CI."""
        return {
            "github": {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": self.url,
                "GITHUB_REPOSITORY": "contoso/flows",
                "GITHUB_REF": "refs/pull/7/merge",
                "GITHUB_TOKEN": "token-of-the-job",
            },
            "azure": {
                "TF_BUILD": "True",
                "SYSTEM_COLLECTIONURI": f"{self.url}/contoso/",
                "SYSTEM_TEAMPROJECT": "Flows and more",
                "SYSTEM_TEAMPROJECTID": "p-1",
                "BUILD_REPOSITORY_ID": "r-1",
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "7",
                "SYSTEM_ACCESSTOKEN": "token-of-the-job",
            },
            "gitlab": {
                "GITLAB_CI": "true",
                "CI_API_V4_URL": f"{self.url}/api/v4",
                "CI_PROJECT_ID": "5",
                "CI_MERGE_REQUEST_IID": "7",
                "GITLAB_TOKEN": "token-of-the-job",
            },
        }[self.kind]


@contextmanager
def running(kind: str) -> Iterator[Host]:
    """A host that listens."""
    host = Host(kind)

    class Handler(http_server.Handler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            host.seen.append((f"{self.command} {self.path}", dict(self.headers)))
            headers: dict[str, str] = {}
            if host.answers:
                status, headers = host.answers.pop(0)
                answer: Any = {"message": "as the test wants it"}
            else:
                answer = host.answer(self.command, self.path, body)
                status = 404 if answer is None else 200
            data = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = _handle

    with http_server.running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        host.url = f"http://{address}"
        yield host

"""`comment`: one comment for a stack, found again, and nobody else's touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.pull_request_host import OTHER, Host, running

_PREVIEW = {
    "steps": [
        {"op": "same", "urn": "urn:pulumi:{}::shop::pulumi:pulumi:Stack::shop-{}"},
    ],
    "changeSummary": {"same": 1},
}


@pytest.fixture(params=["github", "azure", "gitlab"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    """Each of the three."""
    with running(request.param) as found:
        yield found


def _verb(
    *arguments: str, text: str = "", variables: dict[str, str] | None = None, folder: Path
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate", *arguments],
        input=text, capture_output=True, text=True, cwd=folder, env={**kept, **(variables or {})},
    )  # fmt: skip


def _report(stack: str, folder: Path) -> str:
    document = json.dumps(_PREVIEW).replace("{}", stack)
    done = _verb("report", text=document, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _comment(host: Host, text: str, folder: Path) -> str:
    done = _verb("comment", "-", text=text, variables=host.variables(), folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_comment_for_each_stack(host: Host, tmp_path: Path) -> None:
    """It is updated by the next run; the comments of others stay, even one that looks the same."""
    test, prod = (_report(stack, tmp_path) for stack in ("test", "prod"))
    host.comments[1] = [OTHER, prod]
    host.comments[2] = ["github-actions[bot]", "Coverage: 97 %"]
    assert "comment created" in _comment(host, prod, tmp_path)
    assert "comment created" in _comment(host, test, tmp_path)
    assert "comment updated" in _comment(host, prod + "Again.\n", tmp_path)
    assert host.texts() == [prod, "Coverage: 97 %", prod + "Again.\n", test]


def test_it_is_found_on_a_later_page(tmp_path: Path) -> None:
    """GitHub and GitLab list a hundred at a time."""
    text = _report("prod", tmp_path)
    for kind in ("github", "gitlab"):
        with running(kind) as host:
            host.comments.update({n: [OTHER, "LGTM"] for n in range(1, 151)})
            host.comments[151] = ["github-actions[bot]", text]
            assert "comment updated" in _comment(host, text, tmp_path)
            assert len(host.comments) == 151


def test_busy_hosts_are_asked_again(host: Host, tmp_path: Path) -> None:
    """As the host says when; what is refused for good is told with what the job lacks."""
    text = _report("prod", tmp_path)
    host.answers = [(429, {"Retry-After": "0"}), (503, {})]
    assert "comment created" in _comment(host, text, tmp_path)
    assert len(host.texts()) == 1
    host.answers = [(403, {})]
    done = _verb("comment", "-", text=text, variables=host.variables(), folder=tmp_path)
    assert done.returncode == 2
    assert "HTTP 403" in done.stderr
    assert any(word in done.stderr for word in ("pull-requests: write", "Contribute", "scope"))
    assert "token-of-the-job" not in done.stderr


def test_a_redirect_is_not_followed(host: Host, tmp_path: Path) -> None:
    """The token goes nowhere else."""
    with running(host.kind) as elsewhere:
        host.answers = [(302, {"Location": f"{elsewhere.url}/"})]
        text = _report("prod", tmp_path)
        done = _verb("comment", "-", text=text, variables=host.variables(), folder=tmp_path)
        assert done.returncode == 2
        assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"GITHUB_ACTIONS": ""}, "no run of GitHub Actions, Azure Pipelines or GitLab"),
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN or GH_TOKEN is not set"),
        ({"GITHUB_REF": "refs/heads/main"}, "belongs to no pull request"),
        ({"GITHUB_API_URL": "http://attacker.example"}, "is not an https address"),
        ({"GITHUB_REPOSITORY": "contoso/other"}, "does not know pull request 7"),
    ],
)
def test_what_is_missing(changes: dict[str, str], says: str, tmp_path: Path) -> None:
    """One line with what to do."""
    with running("github") as host:
        variables = {**host.variables(), **changes}
        text = _report("prod", tmp_path)
        done = _verb("comment", "-", text=text, variables=variables, folder=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_texts_that_are_no_report(tmp_path: Path) -> None:
    """Without a marker the comment could not be found again."""
    with running("github") as host:
        for text in ("## shop/prod\n", "Hello <!-- pulumi-powerautomate:a/b -->\n", ""):
            done = _verb("comment", "-", text=text, variables=host.variables(), folder=tmp_path)
            assert "does not begin with the marker" in done.stderr
        assert host.comments == {}


def test_the_marker_of_a_preview_that_failed(tmp_path: Path) -> None:
    """Project and stack are known from Pulumi.yaml and the option; a name cannot end the marker."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", "utf-8")
    failed = json.dumps({"steps": [], "diagnostics": [{"severity": "error", "message": "No."}]})
    done = _verb("report", "--stack", "contoso/shop/prod", text=failed, folder=tmp_path)
    assert done.stdout.startswith("<!-- pulumi-powerautomate:shop/prod -->\n## shop/prod\n")
    done = _verb("report", "--stack", "a-->b", text=failed, folder=tmp_path)
    assert done.stdout.startswith("<!-- pulumi-powerautomate:shop/a---b -->\n")

"""The ready pipelines and the action: judged by the linters that their users run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness.pull_request_host import running
from tests.harness.tools import ROOT, go_program, python_with

_ACTIONLINT = ("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12")
_ZIZMOR = "zizmor==1.32.0"
_WORKFLOWS = [
    ROOT / "examples" / "pull-request" / "github-actions.yml",
    ROOT / "examples" / "solution-import" / "promote.yml",
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
]
_AZURE = ROOT / "examples" / "pull-request" / "azure"
_PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+")
_HOOKS = ROOT / ".pre-commit-hooks.yaml"


def _repository(folder: Path) -> Path:
    """A repository as its user has it, with the workflows in their place."""
    target = folder / ".github" / "workflows"
    target.mkdir(parents=True)
    for path in _WORKFLOWS:
        shutil.copy(path, target / path.name)
    shutil.copy(ROOT / "action.yml", folder)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def test_actionlint(tmp_path: Path) -> None:
    """It finds nothing; a planted mistake is found."""
    program = go_program(*_ACTIONLINT)
    folder = _repository(tmp_path)
    done = subprocess.run([str(program), "-no-color"], cwd=folder, capture_output=True, text=True)
    assert done.stdout == ""
    broken = folder / ".github" / "workflows" / "promote.yml"
    broken.write_text(broken.read_text("utf-8").replace("steps.preview", "steps.prevew"), "utf-8")
    done = subprocess.run([str(program), "-no-color"], cwd=folder, capture_output=True, text=True)
    assert 'property "prevew" is not defined' in done.stdout


def test_zizmor(tmp_path: Path) -> None:
    """It finds nothing, in the strictest persona; a planted weakness is found."""
    python = python_with(_ZIZMOR)
    folder = _repository(tmp_path)
    command = [
        str(python.with_name("zizmor")),
        "--offline",
        "--no-progress",
        "--persona",
        "pedantic",
    ]

    def found() -> list[dict[str, Any]]:
        done = subprocess.run(
            [*command, "--format", "json", "."], cwd=folder, capture_output=True, text=True
        )
        return list(json.loads(done.stdout))

    assert [(item["ident"], item["locations"][0]["symbolic"]) for item in found()] == []
    weak = folder / "action.yml"
    weak.write_text(weak.read_text("utf-8").replace('"$REQUIREMENTS"', "${{ inputs.x }}"), "utf-8")
    assert "template-injection" in {item["ident"] for item in found()}


@pytest.mark.parametrize("path", [*_WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_pinned(path: Path) -> None:
    """By its commit, with the version for people; each has one commit in all files."""
    text = path.read_text("utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert len(used) == len(_PINNED.findall(text))
    known: dict[str, set[str]] = {}
    for other in [*_WORKFLOWS, ROOT / "action.yml"]:
        for name, commit in _PINNED.findall(other.read_text("utf-8")):
            known.setdefault(name, set()).add(commit)
    assert all(len(commits) == 1 for commits in known.values()), known


@pytest.mark.parametrize("path", _WORKFLOWS[:2], ids=lambda path: path.name)
def test_least_permissions(path: Path) -> None:
    """Nothing by default, no secret but the backend's, and only the review may comment."""
    document = yaml.safe_load(path.read_text("utf-8"))
    assert document["permissions"] == {}
    jobs = document["jobs"]
    writes = {name for name, job in jobs.items() if "pull-requests" in job["permissions"]}
    assert writes == {next(iter(jobs))}
    assert set(re.findall(r"secrets\.(\w+)", path.read_text("utf-8"))) == {"PULUMI_ACCESS_TOKEN"}
    for name, job in jobs.items():
        assert job["concurrency"]["cancel-in-progress"] is (name in writes)
        assert job["permissions"]["id-token"] == "write"


@pytest.mark.parametrize("name", ["github-actions.yml", "azure-pipelines.yml", "gitlab-ci.yml"])
def test_review_and_deployment(name: str) -> None:
    """Preview, report and comment for a pull request; then test, production, and a look at runs."""
    text = (_AZURE.parent / name).read_text("utf-8")
    steps = (_AZURE / "preview-steps.yml").read_text("utf-8") + text if "azure" in name else text
    places = [
        steps.index(command)
        for command in (
            "pulumi preview --stack",
            "pulumi-powerautomate report",
            "pulumi-powerautomate comment report.md",
            "pulumi up --stack",
            "pulumi-powerautomate run-check",
        )
    ]
    assert places == sorted(places)
    assert "CLIENT_SECRET" not in steps


def _azure_steps(name: str, **given: str) -> list[dict[str, Any]]:
    """Steps of a template, its parameters put in as Azure Pipelines does."""
    text = (_AZURE / name).read_text("utf-8")
    document = yaml.safe_load(text)
    values = {
        item["name"]: given.get(item["name"], item.get("default"))
        for item in document["parameters"]
    }
    for key, value in values.items():
        assert value is not None, f"{name}: {key} is not given"
        text = text.replace(f"${{{{ parameters.{key} }}}}", str(value))
    assert "${{" not in text
    found: list[dict[str, Any]] = []
    for step in yaml.safe_load(text)["steps"]:
        if "template" in step:
            found += _azure_steps(step["template"], **step["parameters"])
        else:
            found.append(step)
    return found


def test_azure_templates_fit_the_pipeline() -> None:
    """Each template is there, and is given what it asks for."""
    text = (_AZURE.parent / "azure-pipelines.yml").read_text("utf-8")
    for name in re.findall(r"template: azure/(\S+)", text):
        steps = _azure_steps(name, stack="prod", serviceConnection="51c8e2b4")
        assert all(set(step) & {"script", "task", "checkout"} for step in steps)
    assert "CLIENT_SECRET" not in text


def _report_script(kind: str) -> str:
    """The step of a system's pipeline once there is a preview."""
    if kind == "azure":
        steps = _azure_steps("preview-steps.yml", stack="prod", serviceConnection="51c8e2b4")
        (script,) = [step["script"] for step in steps if step.get("displayName") == "Report"]
        return str(script)
    if kind == "gitlab":
        document = yaml.safe_load((_AZURE.parent / "gitlab-ci.yml").read_text("utf-8"))
        return "\n".join(line for line in document["review"]["script"] if "powerautomate" in line)
    if kind == "action":
        steps = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    else:
        steps = yaml.safe_load(_WORKFLOWS[0].read_text("utf-8"))["jobs"]["review"]["steps"]
    return "\n".join(step["run"] for step in steps if step.get("name") in ("Report", "Comment"))


@pytest.mark.parametrize("kind", ["github", "action", "azure", "gitlab"])
def test_the_commands_of_the_pipeline_write_one_comment(kind: str, tmp_path: Path) -> None:
    """As they stand in the file, twice: the second run updates what the first wrote."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n", "utf-8")
    (tmp_path / "preview.json").write_text('{"steps": [], "changeSummary": {}}', "utf-8")
    verb = 'pulumi-powerautomate() { python -m pulumi_powerautomate "$@"; }'
    script = f"set -e\n{verb}\n{_report_script(kind)}"
    with running("github" if kind == "action" else kind) as host:
        files = {"GITHUB_STEP_SUMMARY": "summary", "GITHUB_OUTPUT": "output", "RUNNER_TEMP": "."}
        given = {name: str(tmp_path / file) for name, file in files.items()}
        variables = {**os.environ, **host.variables(), **given, "STACK": "prod"}
        variables["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        for _ in range(2):
            done = subprocess.run(
                ["bash", "-c", script], cwd=tmp_path, env=variables, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
        (text,) = host.texts()
    assert text.startswith("<!-- pulumi-powerautomate:shop/prod -->\n## shop/prod\n")


def test_hooks_name_the_verb_with_options_that_it_has(tmp_path: Path) -> None:
    """The command of the hook, on files of which one holds a flow with a mistake."""
    (hook,) = yaml.safe_load(_HOOKS.read_text("utf-8"))
    (tmp_path / "package.json").write_text('{"name": "no flow"}', "utf-8")
    shutil.copy(ROOT / "tests" / "cases" / "typo-members.json", tmp_path / "flow.json")
    entry = str(hook["entry"]).replace("pulumi-powerautomate", "-m pulumi_powerautomate").split()
    for files, code in ((["package.json"], 0), (["package.json", "flow.json"], 1)):
        done = subprocess.run(
            [sys.executable, *entry, *files], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr


def test_pre_commit_accepts_the_hooks() -> None:
    """Its own check of a repository's manifest."""
    python = python_with("pre-commit==4.0.1")
    done = subprocess.run(
        [str(python), "-m", "pre_commit", "validate-manifest", str(_HOOKS)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout

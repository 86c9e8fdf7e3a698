"""Pulumi's resource options: carried out, or refused in one line at preview."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.definitions import hourly
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.packages import FlowPart, package
from tests.harness.people import ALICE

GUID = "7a000000-0000-4000-8000-00000000000a"

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "import": ({"import_": GUID}, 'Give workflow_id="…" and on_conflict="adopt", or let'),
    "nested-ignore": (
        {"ignore_changes": ["definition.actions.Greet.inputs"]},
        'one text to the engine; ignore "definition" as a whole',
    ),
    "nested-replace": (
        {"replace_on_changes": ["definition.triggers"]},
        'name the whole "definition"',
    ),
    "misspelt-ignore": ({"ignore_changes": ["Definition"]}, "did you mean 'definition'?"),
    "misspelt-replace": ({"replace_on_changes": ["ower"]}, "did you mean 'owner'?"),
    "misspelt-hide": ({"hide_diffs": ["descripton"]}, "did you mean 'description'?"),
    "misspelt-secret": (
        {"additional_secret_outputs": ["activationError"]},
        "did you mean 'activation_error'?",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(project: EngineProject, case: str) -> None:
    """One line that names resource and option and says what to do; nothing is sent."""
    options, expected = REFUSED[case]
    told = _refusal(
        project,
        lambda: powerautomate.CloudFlow(
            "flow", pulumi.ResourceOptions(**options), definition=hourly()
        ),
    )
    assert told.startswith("error: CloudFlow 'flow': ")
    assert f": {next(iter(options))}" in told
    assert expected in told


def test_inputs_in_place_of_options(project: EngineProject) -> None:
    """Pulumi's own words, and how it is written."""
    declare: Any = powerautomate.CloudFlow
    told = _refusal(project, lambda: declare("flow", {"definition": hourly()}))
    assert "Expected resource options to be a ResourceOptions instance, and got a dict." in told
    assert "CloudFlow('flow', …=…, opts=ResourceOptions(…))" in told


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["definition"], {"definition": hourly("Bye")}),
        (["*"], {"description": "another"}),
        (["connection_references"], {"connection_references": {"shared_x": "contoso_x"}}),
    ],
)
def test_replace_on_changes(
    project: EngineProject, emulator: Emulator, options: list[str], changed: dict[str, Any]
) -> None:
    """Planned as a replacement and carried out as one; other changes stay updates."""
    inputs: dict[str, Any] = {"definition": hourly(), "state": "off", "description": "one"}

    def program() -> None:
        powerautomate.CloudFlow(
            "flow", pulumi.ResourceOptions(replace_on_changes=options), **inputs
        )

    project.up(program)
    project.sent()
    if "*" not in options:
        inputs["description"] = "two"
        assert "1 updated" in changes(project.up())
        assert all("DELETE" not in request for request in project.sent())
    inputs.update(changed)
    assert "1 to replace" in changes(project.preview())
    assert "1 replaced" in changes(project.up())
    assert [request.split()[0] for request in project.sent()] == ["DELETE", "POST"]
    assert changes(project.preview()) == "2 unchanged"
    assert len(emulator.control.rows("workflows")) == 1


def test_replace_on_changes_of_a_share(project: EngineProject) -> None:
    """The other resources carry it out the same way."""
    access: list[powerautomate.Access] = ["read"]

    def program() -> None:
        flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
        powerautomate.FlowShare(
            "share", pulumi.ResourceOptions(replace_on_changes=["access"]),
            flow_id=flow.id, principal=powerautomate.user(ALICE), access=access,
        )  # fmt: skip

    project.up(program)
    access.append("write")
    assert "1 replaced" in changes(project.up())
    assert changes(project.preview()) == "3 unchanged"


def test_ignore_changes(project: EngineProject, tmp_path: Path) -> None:
    """
    The properties that stand for an ignored input are ignored with it, and checked inputs are taken
    back.
    """
    first = package(tmp_path / "one.zip", FlowPart())
    packages = [first, package(tmp_path / "two.zip", FlowPart(name="Else"), version="9.0.0.0")]
    rights: list[list[powerautomate.Access]] = [["read"], ["read", "write"]]
    texts = ["Hello", "Bye"]

    def program() -> None:
        ignoring = pulumi.ResourceOptions
        flow = powerautomate.CloudFlow(
            "flow", ignoring(ignore_changes=["definition"]), definition=hourly(texts[0])
        )
        powerautomate.FlowSharesExclusive(
            "shares", ignoring(ignore_changes=["shares"]), flow_id=flow.id,
            shares=[{"principal": powerautomate.user(ALICE), "access": rights[0]}],
        )  # fmt: skip
        powerautomate.SolutionImport(
            "solution", ignoring(ignore_changes=["package"]), package=packages[0]
        )

    project.up(program)
    project.sent()
    for either in (packages, rights, texts):
        either.reverse()
    assert changes(project.preview()) == "4 unchanged"
    assert changes(project.up()) == "4 unchanged"
    assert project.sent() == []


def test_hidden_differences(project: EngineProject) -> None:
    """A property that `hide_diffs` folds is not told in words either."""
    text = ["Hello"]
    rights: list[list[powerautomate.Access]] = [["read"]]

    def program() -> None:
        flow = powerautomate.CloudFlow(
            "flow", pulumi.ResourceOptions(hide_diffs=["definition"]), definition=hourly(text[0])
        )
        powerautomate.FlowSharesExclusive(
            "shares", pulumi.ResourceOptions(hide_diffs=["shares"]), flow_id=flow.id,
            shares=[{"principal": powerautomate.user(ALICE), "access": rights[0]}],
        )  # fmt: skip

    project.up(program)
    text[0], rights[0] = "Bye", ["write"]
    printed = project.preview()
    assert "2 to update" in changes(printed)
    assert "Greet" not in printed
    assert f"changes user {ALICE}" not in printed


def _refusal(project: EngineProject, declare: Any) -> str:
    with pytest.raises(EngineError) as refused:
        project.preview(lambda: declare() and None)
    assert "Traceback" not in str(refused.value).partition("stderr:")[0]
    assert project.sent() == []
    lines = [line.strip() for line in str(refused.value).splitlines()]
    return next(line for line in lines if line.startswith("error:"))

"""`pulumi-powerautomate diff` and `diagram`, as a shell runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.harness.definitions import hourly, mailing


def _verb(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate.cli", *arguments],
        capture_output=True,
        text=True,
        input=text,
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Two versions of a flow: bare, and as a solution export holds it."""
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(json.dumps(mailing()), "utf-8")
    changed = mailing("dev@contoso.com")
    changed["actions"]["Note"] = {"type": "Compose", "runAfter": {"Send_mail": ["Succeeded"]}}
    document = {"properties": {"definition": changed}, "schemaVersion": "1.0.0.0"}
    after.write_text("\ufeff" + json.dumps(document, indent=2).replace("\n", "\r\n"), "utf-8")
    return str(before), str(after)


def test_text(files: tuple[str, str]) -> None:
    """One sentence and its place for each change; exit code 1."""
    done = _verb("diff", *files)
    assert done.returncode == 1
    assert done.stdout == (
        '"Send mail", emailMessage/To: "ops" → "dev" in "ops@contoso.com".\n'
        "    actions.Send_mail.inputs.parameters.emailMessage/To\n"
        '"Note" (Compose) is added.\n'
        "    actions.Note\n"
    )


def test_json(files: tuple[str, str]) -> None:
    """A list of typed changes."""
    found: list[dict[str, Any]] = json.loads(_verb("diff", *files, "--format", "json").stdout)
    assert found[1] == {
        "kind": "action-added",
        "severity": "medium",
        "path": "actions.Note",
        "before": None,
        "after": "Compose",
        "sentence": '"Note" (Compose) is added.',
    }


def test_markdown(files: tuple[str, str]) -> None:
    """A list, and a diagram with the changes marked."""
    printed = _verb("diff", *files, "--format", "markdown").stdout
    assert printed.startswith(
        '- "Send mail", emailMessage/To: "ops" → "dev" in "ops@<!-- -->contoso'
    )
    assert "```mermaid\nflowchart TD\n" in printed
    assert "classDef added" in printed


def test_no_difference(files: tuple[str, str]) -> None:
    """Exit code 0, also for another spelling of the same flow, from standard input."""
    again = json.dumps(mailing(), indent=4, sort_keys=True)
    done = _verb("diff", files[0], "-", text=again)
    assert (done.returncode, done.stdout) == (0, "no difference\n")


@pytest.mark.parametrize("content", [None, "not JSON", "[]", '{"a": 1, "a": 2}', "\xff"])
def test_what_is_no_flow(tmp_path: Path, files: tuple[str, str], content: str | None) -> None:
    """Exit code 2 and one line that names the file."""
    path = tmp_path / "broken.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    for verb in (("diff", files[0], str(path)), ("diagram", str(path))):
        done = _verb(*verb)
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {path}: ")
        assert done.stderr.count("\n") == 1


def test_diagram_files(tmp_path: Path, files: tuple[str, str]) -> None:
    """SVG by name, Mermaid by name or on standard output; anything else is refused."""
    target = tmp_path / "flow.svg"
    assert _verb("diagram", files[1], "-o", str(target), "--since", files[0]).returncode == 0
    root = ElementTree.fromstring(target.read_text("utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert _verb("diagram", files[0]).stdout.startswith("flowchart TD\n")
    done = _verb("diagram", files[0], "-o", "flow.pdf")
    assert (done.returncode, done.stderr) == (
        2,
        "error: flow.pdf: give a file that ends in .svg, .mmd or .json, or --format.\n",
    )
    done = _verb("diagram", files[0], "-o", str(tmp_path / "none" / "flow.svg"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_a_report_of_something_else() -> None:
    """One line on what is expected."""
    done = _verb("report", text=json.dumps(hourly()))
    assert done.returncode == 2
    assert "pulumi preview --json" in done.stderr

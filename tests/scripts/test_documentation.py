"""The reference that is made from the code leaves nothing out."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from importlib.metadata import metadata
from pathlib import Path

import pytest

import pulumi_powerautomate as powerautomate
from scripts.documentation import messages, reference, staging
from scripts.documentation.discovery import command_line, emulator_options, public, table
from scripts.documentation.docstrings import sections
from tests.harness.engine import engine_version
from tests.harness.tools import ROOT


@pytest.fixture(scope="module")
def made() -> Mapping[str, str]:
    """Every page of the reference."""
    return reference.pages()


def test_every_public_name(made: Mapping[str, str]) -> None:
    """Each is a heading, or the twin of one, or a page of its own."""
    text = "\n".join(made.values())
    for name in powerautomate.__all__:
        told = f"{name}.md" in made or re.search(rf"(?m)^## {name}$|`{name}`", text)
        assert told, name


def test_every_input_and_output(made: Mapping[str, str]) -> None:
    """Each has a row, with its type."""
    for name, kind in public("resource"):
        page = made[f"{name}.md"]
        for given in inspect.signature(kind).parameters:
            assert f"| `{given}`" in page, f"{name}.{given}"
        annotations = getattr(kind, "declared_outputs", None) or inspect.get_annotations(kind)
        for output, annotation in annotations.items():
            if not output.startswith("_") and not str(annotation).startswith("ClassVar"):
                assert f"`{output}`" in page, f"{name}.{output}"


def test_settings_options_rules_and_switches(made: Mapping[str, str]) -> None:
    """Keys and variables, verbs and options, codes, switches of the emulator."""
    for setting in table("SETTINGS", "variables").values():
        assert f"\n## {setting.name}\n" in made["settings.md"]
        for name in (setting.key, *setting.variables):
            assert f"`{name}`" in made["settings.md"], name
    for rule in table("RULES"):
        assert f"| {rule} |" in made["validation-codes.md"]
    for policy in table("POLICIES"):
        assert f"| `{policy}` |" in made["validation-codes.md"]
    for switch in table("SWITCHES"):
        assert f"| `{switch}` |" in made["emulator-switches.md"]
    commands = made["command-line.md"]
    verbs = next(action for action in command_line()._actions if action.choices)
    assert verbs.choices is not None
    for verb in verbs.choices:
        assert f"\n## {verb}\n" in commands
    for action in emulator_options()._actions:
        if action.help != "==SUPPRESS==":
            assert all(f"`{option}`" in commands for option in action.option_strings)


def test_what_is_not_described_is_refused() -> None:
    """A new input without words does not get into the reference unseen."""

    class Bare:
        """
        A thing.

        Args:
            name: its name.
        """

        def __init__(self, name: str, other: str) -> None:
            del name, other

    with pytest.raises(reference.UndocumentedError, match="Bare: other is not described"):
        reference._resource("Bare", Bare)


def test_sections_of_a_docstring() -> None:
    """Continued lines belong to their item; what follows a section is text again."""
    told = sections(
        "Do it.\n\n    Args:\n        a: one\n            two.\n        b: x.\n\n    End."
    )
    assert told.args == {"a": "one two.", "b": "x."}
    assert told.text.split() == ["Do", "it.", "End."]


def test_messages_are_those_of_the_source() -> None:
    """Raised ones by their exception, whatever stands for a value; no help, no docstring."""
    source = '''
"""Raise nothing at all of this text."""
def f(name):
    parser.add_argument("x", help="not a message of any kind.")
    if name: raise InvalidInputError(f"{name}: there is no such thing; did you mean {name!r}?")
    warn("this has happened to you before.")
'''
    assert sorted(messages.messages_of(source)) == [
        ("InvalidInputError", "…: there is no such thing; did you mean …?"),
        ("Warnings", "this has happened to you before."),
    ]


def test_every_raised_message_is_listed() -> None:
    """Each text of a `raise` in the package has words that the page has."""
    page = re.sub(r"\\(.)", r"\1", messages.page())
    package = Path(powerautomate.__file__).parent
    missing, tried = [], 0
    for path in package.rglob("*.py"):
        if "emulator" in path.relative_to(package).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            for text in (item for item in node.exc.args if isinstance(item, ast.JoinedStr)):
                parts = [str(p.value) for p in text.values if isinstance(p, ast.Constant)]
                longest = max(parts, key=len, default="").strip()
                if len(longest.split()) >= 6:
                    tried += 1
                    missing += [] if " ".join(longest.split()) in page else [longest]
    assert missing == []
    assert tried > 50


def test_troubleshooting_quotes_what_is_said() -> None:
    """The page quotes a message, or the word of somebody else who is named here."""
    foreign = ("No module", "pulumi", "powerautomate:", "AADSTS", "HTTP ", "stack …", "Connection ")
    listed = re.sub(r"\\(.)", r"\1", messages.page())
    page = (ROOT / "sdk-docs" / "troubleshooting.md").read_text("utf-8")
    rows = page.partition("## By what you see")[2].partition("\n## ")[0].splitlines()
    quoted = [
        span
        for row in rows
        if row.startswith("| `")
        for span in re.findall("`([^`]+)`", row.split(" | ")[0])
    ]
    ours = [span for span in quoted if not span.startswith(foreign)]
    assert len(ours) >= 5
    for span in ours:
        for part in (part.strip() for part in span.split("…")):
            assert part in listed, span


def test_variables_of_the_process_are_documented() -> None:
    """Every variable of ours that the source names."""
    package = Path(powerautomate.__file__).parent
    source = "\n".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    names = set(re.findall(r"\bPULUMI_POWERAUTOMATE_[A-Z_]+\b", source))
    page = (ROOT / "sdk-docs" / "configuration.md").read_text("utf-8")
    assert len(names) >= 4
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_privileges_of_the_page() -> None:
    """The page about security roles names exactly what `doctor` asks for."""
    page = (ROOT / "sdk-docs" / "security-roles.md").read_text("utf-8")
    for kind in table("RESOURCES", "privileges"):
        (row,) = re.findall(rf"(?m)^\| [^|]*`{kind.name}`[^|]*\|([^|]*)\|", page)
        assert re.findall(r"`(\w+)`", row) == list(kind.privileges), kind.name


def test_supported_versions() -> None:
    """The page has the ranges that the package declares, and the engine that the tests get."""
    page = (ROOT / "sdk-docs" / "supported-versions.md").read_text("utf-8")
    told = metadata("pulumi-powerautomate")
    lowest = str(told["Requires-Python"]).removeprefix(">=")
    minors = [item.rpartition(" ")[2] for item in told.get_all("Classifier") or [] if " 3." in item]
    assert f"| Python | {lowest} to {minors[-1]} |" in page
    (sdk,) = [
        item for item in told.get_all("Requires-Dist") or [] if re.match(r"pulumi[<>=]", item)
    ]
    bounds = re.findall(r"[<>]=?([\d.]+)", sdk)
    assert f"| {max(bounds, key=len)} and later, below {min(bounds, key=len)} |" in page
    assert f"| {'.'.join(engine_version().split('.')[:2])} |" in page


def test_staging(tmp_path: Path) -> None:
    """Pages of the repository link to pages of the site; every page is in the navigation."""
    staging.stage(tmp_path / "source")
    index = (tmp_path / "source" / "index.md").read_text("utf-8")
    for path in (tmp_path / "source").rglob("*.md"):
        name = path.relative_to(tmp_path / "source").as_posix()
        assert name == "index.md" or f"\n{name.removesuffix('.md')}\n" in index, name
        for target in re.findall(r"\]\(([^)#:\s]+\.(?:md|svg|png))[)#]", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{name}: {target}"

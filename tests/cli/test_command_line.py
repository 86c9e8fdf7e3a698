"""Every verb explains itself, and the documentation knows it."""

from __future__ import annotations

import argparse
import re
from importlib import import_module
from pathlib import Path

import pytest

from pulumi_powerautomate.cli import VERBS, main

PAGE = Path(__file__).resolve().parents[2] / "sdk-docs" / "command-line.md"


def _verbs() -> list[str]:
    actions = argparse.ArgumentParser().add_subparsers()
    for name in VERBS:
        import_module(f"pulumi_powerautomate.cli.{name}").add_to(actions)
    return list(actions.choices)


@pytest.mark.parametrize("verb", _verbs())
def test_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`VERB --help` ends well and says more than the usage."""
    if verb == "emulator":
        pytest.importorskip("uvicorn")
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) > 4


def test_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` has every verb with a line of its own."""
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    for verb in _verbs():
        assert re.search(rf"(?m)^ +{verb} +\w|^ +{verb}$", printed), verb


@pytest.mark.parametrize("verb", _verbs())
def test_documented(verb: str) -> None:
    """The page has a section for it."""
    assert re.search(rf"(?m)^## .*`{verb}`", PAGE.read_text("utf-8")), verb

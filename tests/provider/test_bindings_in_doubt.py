"""Rows that somebody else made, where an operation on a binding was killed or its response lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pulumi_powerautomate.connection_reference import ConnectionReferenceProvider
from pulumi_powerautomate.emulator import Emulator
from tests.harness.operations import kill_at
from tests.harness.provider_process import ProviderError, ProviderProcess, provider_process
from tests.provider.test_journal import _reference, settings

_ = settings
_TEAMS = {"connector": "shared_teams"}


def _lines(process: ProviderProcess) -> str:
    return "\n".join(text for _, text, ephemeral in process.log if not ephemeral)


def _kill_a_create(
    emulator: Emulator, settings: Mapping[str, str], inputs: dict[str, Any], **rule: Any
) -> None:
    """Kill the provider at a request of a create, which is not carried out before the commit."""
    rule = {"path": "connectionreferences", "times": 1, **rule}
    with provider_process(settings, provider=ConnectionReferenceProvider) as process:
        barrier = emulator.control.barrier(**rule)
        if rule["when"] == "before_commit":
            emulator.control.fault(**rule, do="reset")
        kill_at(barrier, process, process.create, process.check(inputs).inputs)


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_killed_adoption_makes_no_row_ours(
    emulator: Emulator, settings: Mapping[str, str], method: str
) -> None:
    """It sent nothing, and the next program wants another connector: refused, nothing deleted."""
    with provider_process(emulator.environment, provider=ConnectionReferenceProvider) as person:
        person.create(person.check({**_reference("theirs"), **_TEAMS}).inputs)
    rows = emulator.control.rows("connectionreferences")
    declared = {**_reference("one"), **_TEAMS}
    _kill_a_create(emulator, settings, declared, method=method, when="before_commit")
    refused = pytest.raises(ProviderError, match="exists already, for shared_teams")
    with provider_process(settings, provider=ConnectionReferenceProvider) as process, refused:
        process.create(process.check(_reference("two")).inputs)
    assert emulator.control.rows("connectionreferences") == rows


@pytest.mark.parametrize("made_by", ["us", "somebody"])
def test_a_killed_create_knows_its_row(
    emulator: Emulator, settings: Mapping[str, str], made_by: str
) -> None:
    """What it made goes with a warning; what somebody made in its stead stays."""
    when = "after_commit" if made_by == "us" else "before_commit"
    declared = {**_reference("one"), **_TEAMS}
    _kill_a_create(emulator, settings, declared, method="POST", when=when)
    if made_by == "somebody":
        with provider_process(emulator.environment, provider=ConnectionReferenceProvider) as person:
            person.create(person.check(declared).inputs)
    before = emulator.control.rows("connectionreferences")
    with provider_process(settings, provider=ConnectionReferenceProvider) as process:
        news = process.check(_reference("two")).inputs
        if made_by == "somebody":
            with pytest.raises(ProviderError, match="exists already, for shared_teams"):
                process.create(news)
            assert emulator.control.rows("connectionreferences") == before
            return
        process.create(news)
        assert "an interrupted run had created it for shared_teams" in _lines(process)
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectionid"] == "two"

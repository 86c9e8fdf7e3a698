"""One table names every resource, so that a new one cannot be forgotten where it counts."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import pulumi_powerautomate
from pulumi_powerautomate.client.whoami import NEEDED
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.functions.flows import get_flows
from pulumi_powerautomate.provider import DataverseProvider
from pulumi_powerautomate.resources import GROUPS, RESOURCES


def test_every_provider_is_in_the_table() -> None:
    """Its class exists and is exported; doctor asks for its privileges, a report has its group."""
    for module in pkgutil.iter_modules(pulumi_powerautomate.__path__):
        if not module.ispkg and not module.name.startswith("__"):
            importlib.import_module(f"pulumi_powerautomate.{module.name}")
    providers = {
        kind.__name__.removesuffix("Provider")
        for kind in DataverseProvider.__subclasses__()
        if kind.__module__.startswith("pulumi_powerautomate.")
    }
    assert {kind.name for kind in RESOURCES} == providers
    for kind in RESOURCES:
        assert kind.name in pulumi_powerautomate.__all__
        assert NEEDED[kind.name] == kind.privileges != ()
        assert kind.group in GROUPS


def test_unknown_solution_is_an_error(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the command line: a program must not deploy what "nothing found" stands for."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(
        InvalidInputError, match="There is no solution 'ContosoAutomatoin'; did you"
    ):
        get_flows(solution="ContosoAutomatoin")
    assert get_flows(solution="ContosoAutomation") == []

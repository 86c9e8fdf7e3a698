"""Which environment the settings mean: an address, or a name to look up."""

from __future__ import annotations

import pytest

from pulumi_powerautomate import errors
from pulumi_powerautomate.config import Connection, resolve
from pulumi_powerautomate.config.environment_address import region_of

IDENTIFIER = "0e6a3b61-0000-4000-8000-0000000000f1"
ADDRESS = "https://contoso.crm4.dynamics.com"


def meant(environment: str) -> Connection:
    """The address that a stack's `environment` stands for."""
    return resolve({"powerautomate:environment": environment}, environ={})


@pytest.mark.parametrize(
    "environment", [ADDRESS, ADDRESS + "/", "contoso.crm4.dynamics.com", ADDRESS + "/api/data"]
)
def test_addresses(environment: str) -> None:
    """An address is used as it stands, and nothing is looked up."""
    connection = meant(environment)
    assert connection.environment_url == ADDRESS
    assert connection.get("environment") is None
    assert connection.origins["environment_url"] == "stack configuration powerautomate:environment"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ("unq1a2b", "unq1a2b"),
        ("contoso-dev", "contoso-dev"),
        (IDENTIFIER, IDENTIFIER),
        (f"Default-{IDENTIFIER}", f"Default-{IDENTIFIER}"),
        (f"https://make.powerautomate.com/environments/{IDENTIFIER}/home", IDENTIFIER),
        (f"https://make.powerapps.com/environments/Default-{IDENTIFIER}", f"Default-{IDENTIFIER}"),
        (
            "https://admin.powerplatform.microsoft.com/manage/environments/environment/"
            f"{IDENTIFIER}/hub",
            IDENTIFIER,
        ),
    ],
)
def test_names(environment: str, name: str) -> None:
    """A name, an id, or the page of a portal with the id in it."""
    connection = meant(environment)
    assert connection.environment_url == ""
    assert connection.get("environment") == name


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"environment": "two words"}, "give an address, a unique name or an id"),
        ({"environment": "https://make.powerapps.com/home"}, "without an environment in it"),
        ({"environment": "https://flows.contoso.com"}, "is not a Dataverse host"),
        ({"environment": "x1", "environmentUrl": ADDRESS}, "are both set; keep one"),
        (
            {"environmentUrl": f"https://make.powerautomate.com/environments/{IDENTIFIER}/flows"},
            "Set `environment` to it instead",
        ),
        ({"environmentUrl": "https://flows.contoso.com"}, "is not a Dataverse host"),
        ({}, "No environment is configured"),
    ],
)
def test_refused(config: dict[str, str], line: str) -> None:
    """One line that says what to give instead."""
    with pytest.raises(errors.ConfigurationError) as caught:
        resolve({f"powerautomate:{key}": value for key, value in config.items()}, environ={})
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_place_that_wins_decides() -> None:
    """A variable with an address does not outdo the stack's name, nor the stack an argument."""
    variable = {"POWERAUTOMATE_ENVIRONMENT_URL": "https://other.crm.dynamics.com"}
    stack = {"powerautomate:environment": "unq1a2b"}
    connection = resolve(stack, environ=variable)
    assert (connection.environment_url, connection.get("environment")) == ("", "unq1a2b")
    connection = resolve(stack, arguments={"environment_url": ADDRESS}, environ=variable)
    assert (connection.environment_url, connection.get("environment")) == (ADDRESS, None)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("contoso.crm4.dynamics.com", "Europe"),
        ("contoso.crm.dynamics.com", "North America"),
        ("contoso.api.crm11.dynamics.com", "United Kingdom"),
        ("contoso.crm99.dynamics.com", ""),
        ("crm4.dynamics.com", ""),
        ("contoso.crm.dynamics.cn", ""),
    ],
)
def test_regions(host: str, region: str) -> None:
    """Read from the host; unknown ones are nothing to guess about."""
    assert region_of(host) == region

"""Environments: listed, found by name, explained when they are not found."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate import errors
from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.environment_lookup import locate, tokens_of
from pulumi_powerautomate.client.environments import discovery_root, explain_address
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from tests.harness import sign_in
from tests.harness.person import az_login

PRODUCTION = "https://contoso-prod.crm4.dynamics.com"
PRODUCTION_ID = "0e6a3b61-0000-4000-8000-0000000000f2"


@pytest.fixture
def person(emulator: Emulator, tmp_path: Path) -> dict[str, str]:
    """Alice, signed in with `az login`; no environment is set. Two environments are hers."""
    emulator.control.environment(
        Url=PRODUCTION,
        UniqueName="unqprod",
        UrlName="contoso-prod",
        FriendlyName="Contoso Production",
        EnvironmentId=PRODUCTION_ID,
        Region="EMEA",
        State=1,
    )
    return az_login(emulator, tmp_path / "tools")


@pytest.fixture
def signed_in(person: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The same, in this process."""
    for name, value in person.items():
        monkeypatch.setenv(name, value)
    return person


def asked(emulator: Emulator) -> list[dict[str, Any]]:
    """Requests to the discovery service."""
    return [item for item in emulator.control.sign_in.requests() if item["endpoint"] == "discovery"]


def test_get_environments(emulator: Emulator, signed_in: dict[str, str]) -> None:
    """Every documented column, in order of name; no environment is configured."""
    own, production = powerautomate.get_environments()
    assert (own["unique_name"], own["url"]) == ("unqcontoso", emulator.url)
    assert own["is_admin"] is True
    assert production == {
        "id": PRODUCTION_ID,
        "organization_id": production["organization_id"],
        "name": "Contoso Production",
        "unique_name": "unqprod",
        "url_name": "contoso-prod",
        "url": PRODUCTION,
        "api_url": "https://contoso-prod.api.crm4.dynamics.com",
        "region": "EMEA",
        "state": "disabled",
        "version": production["version"],
        "tenant_id": emulator.environment["POWERAUTOMATE_TENANT_ID"],
        "is_admin": False,
        "purpose": None,
        "trial_expires_on": None,
        "updated_on": production["updated_on"],
    }


def test_filters(emulator: Emulator, signed_in: dict[str, str]) -> None:
    """State and region are the service's to filter, names are ours, because it minds the case."""

    def names(**filters: Any) -> list[str]:
        return [item["unique_name"] for item in powerautomate.get_environments(**filters)]

    assert names(state="disabled") == ["unqprod"]
    assert names(state="enabled") == ["unqcontoso"]
    assert names(region="NA") == []
    assert names(name="PRODUCTION") == ["unqprod"]
    assert names(name=PRODUCTION_ID) == ["unqprod"]
    assert names(name="contoso-prod.crm4") == ["unqprod"]
    assert "$filter=State eq 1" in asked(emulator)[0]["query"].replace("%20", " ")
    with pytest.raises(errors.InvalidInputError, match="state is 'off'"):
        powerautomate.get_environments(state="off")  # type: ignore[arg-type]


def test_applications_have_none(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service answers people: the list is empty, and a name cannot be looked up."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    assert powerautomate.get_environments() == []
    monkeypatch.delenv("POWERAUTOMATE_ENVIRONMENT_URL")
    connection = resolve({"powerautomate:environment": "unqcontoso"})
    with pytest.raises(errors.ConfigurationError, match="people, not applications") as caught:
        locate(connection)
    assert "set environment_url" in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "unqcontoso",
        "UNQCONTOSO",
        "contoso",
        "0e6a3b61-0000-4000-8000-000000000001",
        "0e6a3b61-0000-4000-8000-0000000000f1",
        "https://make.powerautomate.com/environments/0e6a3b61-0000-4000-8000-0000000000f1/flows",
    ],
)
def test_environment_by_name(emulator: Emulator, signed_in: dict[str, str], name: str) -> None:
    """Unique name, name in the address, either id, a page of a portal: looked up once."""
    connection = resolve({"powerautomate:environment": name, "powerautomate:requestTimeout": "61"})
    first = locate(connection)
    assert first.environment_url == emulator.url
    before = len(asked(emulator))
    assert locate(connection).environment_url == emulator.url
    assert len(asked(emulator)) == before
    client = DataverseClient(first, tokens=tokens_of(first))
    assert client.identity.reach().user_id == "0e6a3b61-0000-4000-8000-000000000011"
    client.close()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("unqprd", "There is unqprod (https://contoso-prod.crm4.dynamics.com)."),
        ("zzzzzzzz", "There are unqcontoso"),
    ],
)
def test_unknown_name(signed_in: dict[str, str], name: str, line: str) -> None:
    """Similar names are listed, or else those that there are."""
    with pytest.raises(errors.ConfigurationError) as caught:
        locate(resolve({"powerautomate:environment": name}))
    assert f"no environment {name!r}. {line}" in str(caught.value)
    assert "powerautomate:environment" in str(caught.value)


def test_ready_token_finds_nothing(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for one environment; nothing is sent with it elsewhere."""
    connection = resolve(
        {"powerautomate:environment": "contoso"},
        environ={"POWERAUTOMATE_ACCESS_TOKEN": "t", "POWERAUTOMATE_DISCOVERY_HOST": emulator.url},
    )
    with pytest.raises(errors.ConfigurationError, match="access_token is for one environment"):
        locate(connection)
    assert asked(emulator) == []


def test_name_without_credentials(emulator: Emulator) -> None:
    """A missing setting is told before anything is sent."""
    connection = resolve(
        {"powerautomate:environment": "contoso"},
        environ={"POWERAUTOMATE_AUTH": "client_secret"},
    )
    with pytest.raises(errors.ConfigurationError, match="tenant_id is missing"):
        locate(connection)


def test_person_is_asked_once(emulator: Emulator) -> None:
    """One device code opens the discovery service and the environment found there."""
    values = sign_in.base(
        emulator,
        POWERAUTOMATE_DISCOVERY_HOST=emulator.environment["POWERAUTOMATE_DISCOVERY_HOST"],
        POWERAUTOMATE_USE_DEVICE_CODE="true",
        POWERAUTOMATE_TOKEN_CACHE="memory",
    )
    del values["POWERAUTOMATE_ENVIRONMENT_URL"]
    emulator.control.sign_in.device_interval(1)
    with sign_in.somebody_types_codes(emulator):
        connection = locate(resolve({"powerautomate:environment": "unqcontoso"}, environ=values))
        client = DataverseClient(connection, tokens=tokens_of(connection))
        client.identity.reach()
        client.close()
    codes = [item["endpoint"] for item in emulator.control.sign_in.requests()]
    assert codes.count("devicecode") == 1
    assert codes.count("discovery") == 1


@pytest.mark.parametrize(
    ("settings", "root"),
    [
        ({"environmentUrl": "https://a.crm4.dynamics.com"}, "globaldisco.crm.dynamics.com"),
        ({"environmentUrl": "https://a.crm9.dynamics.com"}, "globaldisco.crm9.dynamics.com"),
        (
            {"environmentUrl": "https://a.crm.microsoftdynamics.us"},
            "globaldisco.crm.microsoftdynamics.us",
        ),
        ({"environmentUrl": "https://a.crm.appsplatform.us"}, "globaldisco.crm.appsplatform.us"),
        ({"environmentUrl": "https://a.crm.dynamics.cn"}, "globaldisco.crm.dynamics.cn"),
        ({"cloud": "china"}, "globaldisco.crm.dynamics.cn"),
        ({"cloud": "usgovernment"}, "globaldisco.crm.microsoftdynamics.us"),
        ({}, "globaldisco.crm.dynamics.com"),
        (
            {"discoveryHost": "globaldisco.crm9.dynamics.com", "cloud": "public"},
            "globaldisco.crm9.dynamics.com",
        ),
    ],
)
def test_service_of_each_cloud(settings: dict[str, str], root: str) -> None:
    """By the environment's host, by the cloud, or as set."""
    config = {f"powerautomate:{key}": value for key, value in settings.items()}
    connection = resolve(config, environ={}, needs_environment=False)
    assert discovery_root(connection) == f"https://{root}"


def test_token_goes_to_no_other_host() -> None:
    """The service's address is checked as the environment's is."""
    config = {"powerautomate:discoveryHost": "https://disco.attacker.example"}
    connection = resolve(config, environ={}, needs_environment=False)
    with pytest.raises(errors.ConfigurationError, match="is not a Dataverse host"):
        discovery_root(connection)
    local = {"powerautomate:environmentUrl": "http://127.0.0.1:1"}
    with pytest.raises(errors.ConfigurationError, match="discovery_host is missing"):
        discovery_root(resolve(local, environ={}))


def command(
    values: dict[str, str], *arguments: str, verb: str = "environments"
) -> subprocess.CompletedProcess[str]:
    """Run the command line with nothing but these variables."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate.cli", verb, *arguments],
        env={**kept, **values},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_command(emulator: Emulator, person: dict[str, str]) -> None:
    """A table for people, JSON for programs."""
    done = command(person)
    assert done.returncode == 0, done.stderr
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["NAME", "UNIQUE", "NAME", "REGION", "STATE", "ENVIRONMENT", "ID", "URL"]
    assert [row.split()[-1] for row in rows] == [emulator.url, PRODUCTION]
    done = command(person, "prod", "--format", "json")
    (found,) = json.loads(done.stdout)
    assert set(found) == set(powerautomate.GetEnvironmentResult.__annotations__)
    assert (found["unique_name"], found["state"]) == ("unqprod", "disabled")
    done = command(person, "--state", "enabled", "--region", "EMEA")
    assert "unqcontoso" in done.stdout
    assert "unqprod" not in done.stdout


def test_command_explains_a_wrong_region(person: dict[str, str]) -> None:
    """The right name in another region, and a name that is nowhere."""
    done = command(person, "https://contoso-prod.crm.dynamics.com")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.strip() == (
        "no environment 'https://contoso-prod.crm.dynamics.com'. contoso-prod is in Europe, not in "
        f"North America: its address is {PRODUCTION}."
    )
    done = command(person, "zzz")
    assert done.returncode == 1
    assert "There are" in done.stderr


def test_command_for_an_application(emulator: Emulator) -> None:
    """It says why there is nothing, and fails."""
    done = command(dict(emulator.environment))
    assert done.returncode == 1
    assert "answers people, not applications" in done.stderr


def test_command_without_a_sign_in() -> None:
    """A missing setting is named; nothing is sent."""
    done = command({"PATH": "/usr/bin:/bin", "POWERAUTOMATE_AUTH": "client_secret"})
    assert done.returncode == 2
    assert "tenant_id is missing" in done.stderr


def test_explanations_are_not_invented() -> None:
    """Without a similar address there is none."""
    assert explain_address("https://contoso.crm.dynamics.com", []) == ""
    assert explain_address("", []) == ""


def test_unreachable_address_names_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """A right name in a wrong region is not found by its host."""
    host = f"no-such-environment-{uuid.uuid4().hex}.crm4.dynamics.com"
    try:
        socket.getaddrinfo(host, 443)
        pytest.skip("Every name resolves here.")
    except OSError:
        monkeypatch.setenv("NO_PROXY", "*")
    values = {
        "POWERAUTOMATE_ENVIRONMENT_URL": f"https://{host}",
        "POWERAUTOMATE_ACCESS_TOKEN": "t",
        "POWERAUTOMATE_REQUEST_TIMEOUT": "5",
    }
    client = DataverseClient(resolve(environ=values))
    with pytest.raises(errors.TransportError, match="cannot be reached") as caught:
        client.identity.reach()
    client.close()
    assert "The address is one in Europe; `pulumi-powerautomate environments`" in str(caught.value)


def test_failures_name_the_right_setting(emulator: Emulator, person: dict[str, str]) -> None:
    """Nobody who listed environments has an environment_url to check."""
    emulator.control.fault(path="discovery", do="html")
    done = command(person)
    assert done.returncode == 2
    assert "discovery_host" in done.stderr
    assert "environment_url" not in done.stderr


def test_doctor_finds_the_environment(emulator: Emulator, person: dict[str, str]) -> None:
    """It says what was named and what that came to; a name that is nowhere is its first failure."""
    named = {**person, "POWERAUTOMATE_ENVIRONMENT": "unqcontoso"}
    steps = json.loads(command(named, "--json", verb="doctor").stdout)["steps"]
    assert steps[0]["details"]["environment"]["value"] == "unqcontoso"
    assert steps[0]["details"]["environment_url"] == {
        "value": emulator.url,
        "from": "variable POWERAUTOMATE_ENVIRONMENT",
    }
    assert {step["name"]: step["outcome"] for step in steps}["environment"] == "ok"
    wrong = {**person, "POWERAUTOMATE_ENVIRONMENT": "unqnowhere"}
    first = json.loads(command(wrong, "--json", verb="doctor").stdout)["steps"][0]
    assert first["outcome"] == "failed"
    assert "no environment 'unqnowhere'" in first["summary"]

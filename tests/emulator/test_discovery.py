"""The discovery service: whom it answers, what it can be asked, what it leaves out."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.tenant import instances, person_token, session

PRODUCTION = "https://contoso-prod.crm4.dynamics.com"
OTHERS: tuple[dict[str, Any], ...] = (
    {"Url": PRODUCTION, "UniqueName": "unqprod", "FriendlyName": "Contoso Prod", "Region": "EMEA"},
    {
        "Url": "https://contoso-lab.crm.dynamics.com",
        "UniqueName": "unqlab",
        "FriendlyName": "Lab",
        "Purpose": "Sandbox for trials",
        "State": 1,
        "TrialExpirationDate": "2022-07-20T00:00:00Z",
        "people": ["bob@contoso.com"],
    },
)


@pytest.fixture
def discovered(emulator: Emulator) -> Emulator:
    """Three environments, one of them Bob's alone."""
    for item in OTHERS:
        emulator.control.environment(**item)
    return emulator


def names(answer: requests.Response) -> list[str]:
    """Unique names in an answer."""
    assert answer.status_code == 200, answer.text
    return [item["UniqueName"] for item in answer.json()["value"]]


def bob(emulator: Emulator) -> str:
    """Bob's token for the discovery service."""
    root = emulator.environment["POWERAUTOMATE_DISCOVERY_HOST"]
    return person_token(emulator, root, "bob@contoso.com")


def test_people_see_their_environments(discovered: Emulator) -> None:
    """Every documented property, and only what the person may use."""
    root = discovered.environment["POWERAUTOMATE_DISCOVERY_HOST"]
    answer = instances(discovered, person_token(discovered, root))
    assert names(answer) == ["unqcontoso", "unqprod"]
    own, production = answer.json()["value"]
    assert own["Url"] == discovered.url
    assert production["ApiUrl"] == "https://contoso-prod.api.crm4.dynamics.com"
    assert len(own) == 20
    assert answer.json()["@odata.context"].endswith("$metadata#Instances")
    assert names(instances(discovered, bob(discovered))) == ["unqcontoso", "unqprod", "unqlab"]
    token = person_token(discovered, root, "dan@contoso.com")
    assert names(instances(discovered, token)) == ["unqprod"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("FriendlyName eq 'Lab'", ["unqlab"]),
        ("FriendlyName eq 'lab'", []),
        ("contains(Purpose,'trials')", ["unqlab"]),
        ("not contains(Purpose,'trials')", ["unqcontoso", "unqprod"]),
        ("IsUserSysAdmin eq true", ["unqcontoso"]),
        ("startswith(FriendlyName,'Contoso') and endswith(FriendlyName,'Prod')", ["unqprod"]),
        ("TrialExpirationDate ge 2022-07-14T00:00:00Z", ["unqlab"]),
        ("(State eq 1 or Region eq 'EMEA') and UrlName ne 'contoso'", ["unqprod", "unqlab"]),
        ("Id eq 0E6A3B61-0000-4000-8000-000000000001", ["unqcontoso"]),
    ],
)
def test_filters(discovered: Emulator, expression: str, expected: list[str]) -> None:
    """Texts compare with case, unlike in the Web API."""
    assert names(instances(discovered, bob(discovered), filter=expression)) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("0e6a3b61-0000-4000-8000-000000000001", ["unqcontoso"]),
        ("UniqueName='unqprod'", ["unqprod"]),
        ("Region='EMEA'", ["unqcontoso", "unqprod"]),
        ("State=1", ["unqlab"]),
        ("UniqueName='nobody'", []),
    ],
)
def test_keys_answer_with_a_list(discovered: Emulator, key: str, expected: list[str]) -> None:
    """Even the one with the id."""
    assert names(instances(discovered, bob(discovered), f"Instances({key})")) == expected


def test_selection(discovered: Emulator) -> None:
    """Only what was asked for."""
    answer = instances(discovered, bob(discovered), select="ApiUrl,FriendlyName")
    assert set(answer.json()["value"][0]) == {"ApiUrl", "FriendlyName"}
    assert answer.json()["@odata.context"].endswith("#Instances(ApiUrl,FriendlyName)")


@pytest.mark.parametrize(
    "query", [{"select": "Colour"}, {"filter": "Colour eq 1"}, {"top": "1"}, {"orderby": "Url"}]
)
def test_what_it_does_not_know(discovered: Emulator, query: dict[str, str]) -> None:
    """Other properties and options are refused."""
    assert instances(discovered, bob(discovered), **query).status_code == 400


def test_audience(discovered: Emulator) -> None:
    """A token for an environment does not open it, nor the other way round; no token neither."""
    assert instances(discovered, person_token(discovered, discovered.url)).status_code == 401
    root = discovered.environment["POWERAUTOMATE_DISCOVERY_HOST"]
    there = {"Authorization": f"Bearer {person_token(discovered, root)}"}
    url = f"{discovered.url}/api/data/v9.2/WhoAmI"
    assert requests.get(url, headers=there, timeout=30).status_code == 401
    bare = session(discovered).get(f"{root}/api/discovery/v2.0/Instances", timeout=30)
    assert bare.status_code == 401


def test_service_document(discovered: Emulator) -> None:
    """One entity set."""
    answer = instances(discovered, bob(discovered), "").json()
    assert [item["url"] for item in answer["value"]] == ["Instances"]
    assert instances(discovered, bob(discovered), "Other").status_code == 404


def test_environments_are_checked(emulator: Emulator) -> None:
    """A misspelt property would make a test pass for nothing."""
    with pytest.raises(ValueError, match="Unknown"):
        emulator.control.environment(Url=PRODUCTION, UniqueName="x", Colour="red")
    with pytest.raises(ValueError, match="needs UniqueName"):
        emulator.control.environment(Url=PRODUCTION)

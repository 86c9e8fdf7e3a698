"""Managed identities: each endpoint by `msal`, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msal
import pytest
import requests
from msal import managed_identity

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call
from tests.harness.tenant import claims, session

SYSTEM = "88888888-8888-4888-8888-888888888801"
USER = "88888888-8888-4888-8888-888888888802"
OBJECT = "88888888-8888-4888-8888-888888888803"
RESOURCE = (
    "/subscriptions/0e6a3b61-0000-4000-8000-0000000000e1/resourcegroups/flows/providers/"
    "Microsoft.ManagedIdentity/userAssignedIdentities/deploy"
)
NAMED = {"client_id": USER, "object_id": OBJECT, "resource_id": RESOURCE}
KINDS = ("imds", "app_service", "arc", "service_fabric", "machine_learning")


def machine(
    emulator: Emulator, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, str]:
    """Be on such a machine."""
    variables = emulator.control.sign_in.machine(kind, folder=tmp_path if kind == "arc" else None)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # Where the agent of Azure Arc leaves its files is fixed per platform, and not writable here.
    monkeypatch.setitem(
        managed_identity._supported_arc_platforms_and_their_prefixes, "linux", str(tmp_path)
    )
    return variables


def acquire(emulator: Emulator, identity: Any) -> dict[str, Any]:
    """A token by `msal`."""
    client = msal.ManagedIdentityClient(identity, http_client=session(emulator))
    return dict(client.acquire_token_for_client(resource=emulator.url))


@pytest.mark.parametrize("kind", KINDS)
def test_msal_on_each_machine(
    emulator: Emulator, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The machine's own identity opens the environment."""
    emulator.control.sign_in.managed_identity(SYSTEM, system_assigned=True)
    machine(emulator, kind, monkeypatch, tmp_path)
    result = acquire(emulator, msal.SystemAssignedManagedIdentity())
    assert call(emulator, "GET", "WhoAmI", token=result["access_token"]).status_code == 200
    assert claims(result["access_token"])["appid"] == SYSTEM
    assert 3590 <= int(result["expires_in"]) <= 3600
    assert emulator.control.token_requests()[-1]["endpoint"] == kind
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["imds", "app_service", "arc", "machine_learning"])
@pytest.mark.parametrize(
    "named",
    [
        msal.UserAssignedManagedIdentity(client_id=USER),
        msal.UserAssignedManagedIdentity(object_id=OBJECT),
        msal.UserAssignedManagedIdentity(resource_id=RESOURCE),
    ],
    ids=["client_id", "object_id", "resource_id"],
)
def test_msal_names_an_identity(
    emulator: Emulator, kind: str, named: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By client id, object id or resource id, beside the machine's own."""
    emulator.control.sign_in.managed_identity(SYSTEM, system_assigned=True)
    emulator.control.sign_in.managed_identity(**NAMED)
    machine(emulator, kind, monkeypatch, tmp_path)
    result = acquire(emulator, named)
    assert claims(result["access_token"])["appid"] == USER


@pytest.mark.parametrize("kind", ["imds", "app_service", "arc", "machine_learning"])
def test_msal_names_an_identity_that_is_not_there(
    emulator: Emulator, kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The error says so."""
    emulator.control.sign_in.managed_identity(SYSTEM, system_assigned=True)
    machine(emulator, kind, monkeypatch, tmp_path)
    result = acquire(emulator, msal.UserAssignedManagedIdentity(client_id=USER))
    assert "access_token" not in result
    assert "Identity" in str(result)


def test_several_identities_and_none_named(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One is taken, two are not guessed between."""
    machine(emulator, "imds", monkeypatch, tmp_path)
    anyone = msal.SystemAssignedManagedIdentity()
    assert acquire(emulator, anyone)["error_description"] == "Identity not found"
    emulator.control.sign_in.managed_identity(**NAMED)
    assert claims(acquire(emulator, anyone)["access_token"])["appid"] == USER
    emulator.control.sign_in.managed_identity(SYSTEM)
    assert "Multiple user assigned" in acquire(emulator, anyone)["error_description"]


def test_identity_without_a_user(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A token is not a membership."""
    emulator.control.sign_in.managed_identity(SYSTEM, system_assigned=True, member=False)
    machine(emulator, "imds", monkeypatch, tmp_path)
    token = acquire(emulator, msal.SystemAssignedManagedIdentity())["access_token"]
    assert call(emulator, "GET", "WhoAmI", token=token).status_code == 403


def _imds(emulator: Emulator, **changes: str) -> requests.Response:
    query = {"api-version": "2018-02-01", "resource": emulator.url, **changes}
    return requests.get(
        f"{emulator.url}/metadata/identity/oauth2/token",
        params={name: value for name, value in query.items() if value},
        headers={"Metadata": "true"},
        timeout=30,
    )


def test_imds_refuses(emulator: Emulator) -> None:
    """No header, a proxy's header, no version, no resource."""
    emulator.control.sign_in.managed_identity(SYSTEM, system_assigned=True)
    url = f"{emulator.url}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x"
    bare = requests.get(url, timeout=30)
    assert bare.status_code == 400
    assert bare.json()["error_description"] == "Required metadata header not specified"
    proxied = {"Metadata": "true", "X-Forwarded-For": "10.0.0.1"}
    assert requests.get(url, headers=proxied, timeout=30).status_code == 400
    assert _imds(emulator, **{"api-version": ""}).status_code == 400
    assert _imds(emulator, resource="").json()["error"] == "invalid_request"
    good = _imds(emulator).json()
    assert good["token_type"] == "Bearer"
    assert int(good["expires_on"]) - int(good["not_before"]) == int(good["expires_in"])


def test_arc_key_is_used_once(emulator: Emulator, tmp_path: Path) -> None:
    """Reading the file proves who asks; it is gone afterwards."""
    emulator.control.sign_in.managed_identity(SYSTEM, system_assigned=True)
    url = emulator.control.sign_in.machine("arc", folder=tmp_path)["IDENTITY_ENDPOINT"]
    query = {"api-version": "2020-06-01", "resource": emulator.url}
    challenge = requests.get(url, params=query, headers={"Metadata": "true"}, timeout=30)
    assert challenge.status_code == 401
    file = Path(challenge.headers["WWW-Authenticate"].removeprefix("Basic realm="))
    key = {"Metadata": "true", "Authorization": f"Basic {file.read_text()}"}
    assert requests.get(url, params=query, headers=key, timeout=30).status_code == 200
    assert requests.get(url, params=query, headers=key, timeout=30).status_code == 401
    assert not file.exists()


@pytest.mark.parametrize("kind", ["app_service", "service_fabric", "machine_learning"])
def test_endpoints_want_their_secret(emulator: Emulator, kind: str) -> None:
    """Any other process on the machine is refused."""
    emulator.control.sign_in.managed_identity(SYSTEM, system_assigned=True)
    variables = emulator.control.sign_in.machine(kind)
    url = variables.get("IDENTITY_ENDPOINT") or variables["MSI_ENDPOINT"]
    query = {"api-version": "2019-08-01", "resource": emulator.url}
    answer = session(emulator).get(url, params=query, timeout=30)
    assert answer.status_code in (401, 404)
    assert "access_token" not in answer.text


def test_cloud_shell_answers_for_the_person(emulator: Emulator) -> None:
    """Whoever is signed in to the portal."""
    url = emulator.control.sign_in.machine("cloud_shell")["MSI_ENDPOINT"]
    form, metadata = {"resource": emulator.url}, {"Metadata": "true"}
    answer = requests.post(url, data=form, headers=metadata, timeout=30).json()
    assert claims(answer["access_token"])["upn"] == "alice@contoso.com"
    assert call(emulator, "GET", "WhoAmI", token=answer["access_token"]).status_code == 200
    refused = requests.post(url, data=form, timeout=30)
    assert refused.json()["error"]["message"] == "Required metadata header not specified"

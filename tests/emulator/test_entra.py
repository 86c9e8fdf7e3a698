"""The sign-in service: refusals in its own words, tokens that end."""

from __future__ import annotations

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call
from tests.harness.tenant import application_form


def sign_in(emulator: Emulator, tenant: str = "", **changes: str) -> requests.Response:
    """A client credentials request, as `msal` sends it."""
    values = emulator.environment
    form = {**application_form(emulator, emulator.url), **changes}
    host = values["POWERAUTOMATE_AUTHORITY_HOST"]
    return requests.post(
        f"{host}/{tenant or values['POWERAUTOMATE_TENANT_ID']}/oauth2/v2.0/token",
        data=form,
        verify=values["POWERAUTOMATE_CA_BUNDLE"],
        timeout=30,
    )


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_secret": ""}, 401, 7000216),
        ({"client_id": "99999999-9999-4999-8999-999999999999"}, 400, 700016),
        ({"tenant": "99999999-9999-4999-8999-999999999999"}, 400, 90002),
        ({"grant_type": "password"}, 400, 70003),
    ],
)
def test_refusals(emulator: Emulator, changes: dict[str, str], status: int, code: int) -> None:
    """The documented codes, in the description that clients show."""
    answer = sign_in(emulator, **changes)
    assert answer.status_code == status
    assert answer.json()["error_codes"] == [code]
    assert answer.json()["error_description"].startswith(f"AADSTS{code}: ")


def test_token_opens_the_environment_until_it_ends(emulator: Emulator) -> None:
    """It ends by the emulator's clock, or when it is revoked."""
    token = sign_in(emulator).json()["access_token"]
    assert call(emulator, "GET", "WhoAmI", token=token).status_code == 200
    emulator.control.advance(3700)
    refused = call(emulator, "GET", "WhoAmI", token=token)
    assert refused.status_code == 401
    assert "invalid_token" in refused.headers["WWW-Authenticate"]
    token = sign_in(emulator).json()["access_token"]
    emulator.control.tokens(revoke=True)
    assert call(emulator, "GET", "WhoAmI", token=token).status_code == 401


def test_token_for_another_host_is_refused(emulator: Emulator) -> None:
    """The audience must be this environment."""
    token = sign_in(emulator, scope="https://other.crm.dynamics.com/.default").json()
    assert call(emulator, "GET", "WhoAmI", token=token["access_token"]).status_code == 401


def test_no_token_names_the_tenant(emulator: Emulator) -> None:
    """The challenge tells where to sign in."""
    answer = requests.get(f"{emulator.url}/api/data/v9.2/WhoAmI", timeout=30)
    assert answer.status_code == 401
    assert emulator.environment["POWERAUTOMATE_TENANT_ID"] in answer.headers["WWW-Authenticate"]


def test_application_without_user_is_no_member(emulator: Emulator) -> None:
    """A token is not enough: the application needs a user in the environment."""
    client_id = "77777777-7777-4777-8777-777777777777"
    emulator.control.tokens(applications={client_id: "another"})
    token = sign_in(emulator, client_id=client_id, client_secret="another").json()
    answer = call(emulator, "GET", "WhoAmI", token=token["access_token"])
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "0x80072560"

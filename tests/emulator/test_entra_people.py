"""People sign in: a code on another device, the browser, and the tokens that follow."""

from __future__ import annotations

import json
import sys
import warnings
import webbrowser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness import headless_browser
from tests.harness.emulator_api import ALICE, BOB, call
from tests.harness.tenant import (
    DEVICE,
    PUBLIC,
    ROBOT,
    ask,
    authority,
    claims,
    poll,
    public,
    session,
    start_device,
)

BROWSER = Path(headless_browser.__file__)


def test_msal_signs_in_with_a_device_code(emulator: Emulator) -> None:
    """Bob types the code in; the token is his, is cached, and is renewed without him."""
    emulator.control.sign_in.device_interval(1)
    application = public(emulator)
    scopes = [f"{emulator.url}/user_impersonation"]
    flow = application.initiate_device_flow(scopes)
    (waiting,) = emulator.control.sign_in.devices()
    assert waiting["user_code"] == flow["user_code"]
    assert flow["user_code"] in flow["message"]
    emulator.control.sign_in.approve(flow["user_code"], "bob@contoso.com")
    result = application.acquire_token_by_device_flow(flow)
    who = call(emulator, "GET", "WhoAmI", token=result["access_token"])
    assert who.json()["UserId"] == BOB
    assert claims(result["access_token"])["upn"] == "bob@contoso.com"
    assert claims(result["access_token"])["scp"] == "user_impersonation"
    (account,) = application.get_accounts()
    assert account["username"] == "bob@contoso.com"
    asked = len(emulator.control.token_requests())
    again = application.acquire_token_silent(scopes, account)
    assert again["access_token"] == result["access_token"]
    assert len(emulator.control.token_requests()) == asked
    renewed = application.acquire_token_silent(scopes, account, force_refresh=True)
    assert renewed["access_token"] != result["access_token"]
    assert emulator.control.token_requests()[-1]["grant_type"] == "refresh_token"


def test_device_waits_until_somebody_decides(emulator: Emulator) -> None:
    """Pending, too fast, declined, expired, redeemed twice, never given out."""
    device = start_device(emulator)
    assert poll(emulator, device)["error"] == "authorization_pending"
    assert poll(emulator, device)["error"] == "slow_down"
    emulator.control.advance(11)
    assert poll(emulator, device)["error"] == "authorization_pending"
    emulator.control.sign_in.decline(device["user_code"])
    assert poll(emulator, device)["error"] == "authorization_declined"
    late = start_device(emulator)
    emulator.control.advance(901)
    assert poll(emulator, late)["error"] == "expired_token"
    twice = start_device(emulator)
    emulator.control.sign_in.approve(twice["user_code"])
    assert "access_token" in poll(emulator, twice)
    assert poll(emulator, twice)["error"] == "bad_verification_code"
    assert poll(emulator, {"device_code": "x"})["error"] == "bad_verification_code"


def test_device_code_needs_a_public_client(emulator: Emulator) -> None:
    """An application with a secret has to show it."""
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    form = {"grant_type": DEVICE, "client_id": ROBOT, "device_code": "x"}
    assert ask(emulator, form).json()["error_codes"] == [7000218]


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("openid", 70011),
        ("user_impersonation", 70011),
        ("https://a.crm.dynamics.com/.default https://b.crm.dynamics.com/.default", 28000),
    ],
)
def test_scopes_of_people(emulator: Emulator, scope: str, code: int) -> None:
    """One resource, by its URL."""
    url = f"{authority(emulator)}/oauth2/v2.0/devicecode"
    form = {"client_id": PUBLIC, "scope": scope}
    assert session(emulator).post(url, data=form, timeout=30).json()["error_codes"] == [code]


def test_msal_signs_in_with_a_browser(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: page, form, loopback, code, verifier."""
    bundle = emulator.environment["POWERAUTOMATE_CA_BUNDLE"]
    monkeypatch.setenv("POWERAUTOMATE_CA_BUNDLE", bundle)
    monkeypatch.setenv("BROWSER", f"{sys.executable} {BROWSER} %s &")
    # Which browsers there are is looked up once per process; here it is looked up again.
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    application = public(emulator)
    result = application.acquire_token_interactive(
        [f"{emulator.url}/user_impersonation"], timeout=30
    )
    who = call(emulator, "GET", "WhoAmI", token=result["access_token"])
    assert who.json()["UserId"] == ALICE
    assert result["id_token_claims"]["preferred_username"] == "alice@contoso.com"


def begin(emulator: Emulator, **changes: str) -> tuple[dict[str, Any], requests.Response]:
    """The client's memory of the sign-in, and the answer of the page."""
    scopes = [f"{emulator.url}/user_impersonation"]
    with warnings.catch_warnings():
        # msal prefers the other way to come back; both are served.
        warnings.simplefilter("ignore")
        flow = public(emulator).initiate_auth_code_flow(scopes, redirect_uri="http://localhost:1")
    url = flow["auth_uri"]
    for name, value in changes.items():
        url += f"&{name}={value}"
    return flow, session(emulator).get(url, allow_redirects=False, timeout=30)


def redeem(emulator: Emulator, flow: dict[str, Any], code: str, **changes: str) -> dict[str, Any]:
    """Exchange a code."""
    form = {
        "grant_type": "authorization_code",
        "client_id": PUBLIC,
        "code": code,
        "redirect_uri": flow["redirect_uri"],
        "code_verifier": flow["code_verifier"],
        "scope": " ".join(flow["scope"]),
        **changes,
    }
    return dict(ask(emulator, form).json())


def test_code_is_worth_something_once_and_to_one(emulator: Emulator) -> None:
    """Verifier and address must be those of the request; the second time is refused."""
    flow, page = begin(emulator)
    assert page.status_code == 302
    back = parse_qs(urlsplit(page.headers["Location"]).query)
    assert back["state"] == [flow["state"]]
    code = back["code"][0]
    wrong = redeem(emulator, flow, code, code_verifier="x" * 43)
    assert wrong["error_codes"] == [501481]
    elsewhere = redeem(emulator, flow, code, redirect_uri="http://localhost:2")
    assert elsewhere["error_codes"] == [500112]
    assert "access_token" in redeem(emulator, flow, code)
    assert redeem(emulator, flow, code)["error_codes"] == [54005]
    assert redeem(emulator, flow, "x")["error_codes"] == [70000]


def test_code_ends_by_the_clock(emulator: Emulator) -> None:
    """Ten minutes."""
    flow, page = begin(emulator)
    code = parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
    emulator.control.advance(601)
    assert redeem(emulator, flow, code)["error_codes"] == [70008]


def test_page_sends_nobody_elsewhere(emulator: Emulator) -> None:
    """A foreign address gets a page with the reason, never a redirect."""
    _, page = begin(emulator, redirect_uri="https://attacker.example")
    assert page.status_code == 400
    assert "AADSTS50011" in page.text
    assert "Location" not in page.headers


def test_person_who_declines(emulator: Emulator) -> None:
    """The client learns that, and why."""
    emulator.control.sign_in.browser_user(None)
    _, page = begin(emulator)
    back = parse_qs(urlsplit(page.headers["Location"]).query)
    assert back["error"] == ["access_denied"]
    _, page = begin(emulator, prompt="none")
    assert parse_qs(urlsplit(page.headers["Location"]).query)["error"] == ["login_required"]


def test_refresh_token_ends(emulator: Emulator) -> None:
    """After ninety days, when everything is revoked, and for another client at once."""
    device = start_device(emulator)
    emulator.control.sign_in.approve(device["user_code"])
    token = poll(emulator, device)["refresh_token"]
    scope = f"{emulator.url}/.default offline_access"
    form = {"grant_type": "refresh_token", "client_id": PUBLIC, "refresh_token": token}
    azure_cli = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
    assert "access_token" in ask(emulator, {**form, "scope": scope}).json()
    other = {**form, "scope": scope, "client_id": azure_cli}
    assert ask(emulator, other).json()["error_codes"] == [70000]
    emulator.control.advance(91 * 24 * 3600)
    assert ask(emulator, {**form, "scope": scope}).json()["error_codes"] == [700082]
    emulator.control.tokens(revoke=True)
    assert ask(emulator, {**form, "scope": scope}).json()["error_codes"] == [50173]


def test_person_without_a_user_in_the_environment(emulator: Emulator) -> None:
    """Signed in, yet no member."""
    emulator.control.sign_in.user(
        "guest@contoso.com", "0e6a3b61-0000-4000-9000-000000000077", member=False
    )
    device = start_device(emulator)
    emulator.control.sign_in.approve(device["user_code"], "guest@contoso.com")
    token = poll(emulator, device)["access_token"]
    answer = call(emulator, "GET", "WhoAmI", token=token)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "0x80072560"


def test_nothing_secret_is_kept(emulator: Emulator) -> None:
    """Codes, verifiers and tokens of people are not in the journal."""
    device = start_device(emulator)
    emulator.control.sign_in.approve(device["user_code"])
    given = poll(emulator, device)
    flow, page = begin(emulator)
    code = parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
    redeem(emulator, flow, code)
    form = {"grant_type": "refresh_token", "client_id": PUBLIC, "scope": f"{emulator.url}/.default"}
    ask(emulator, {**form, "refresh_token": given["refresh_token"]})
    kept = json.dumps([emulator.control.sign_in.requests(), emulator.control.token_requests()])
    assert len(emulator.control.token_requests()) == 3
    secrets = [given[name] for name in ("access_token", "refresh_token", "id_token")]
    secrets += [device["device_code"], device["user_code"], code, flow["code_verifier"]]
    for secret in secrets:
        assert secret not in kept

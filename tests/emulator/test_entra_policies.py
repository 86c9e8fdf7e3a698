"""Demands of a tenant beyond a credential, and other failures of signing in."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call
from tests.harness.tenant import ROBOT, ask, confidential, public

DEMAND = {"access_token": {"acrs": {"essential": True, "value": "c1"}}}


def scope(emulator: Emulator) -> list[str]:
    """The scope that tokens are asked for."""
    return [f"{emulator.url}/.default"]


def test_claims_challenge_is_answered_with_another_token(emulator: Emulator) -> None:
    """The API names the claims; a token that was requested with them passes."""
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    application = confidential(emulator, "s")
    token = application.acquire_token_for_client(scope(emulator))["access_token"]
    emulator.control.sign_in.policies(challenge=DEMAND)
    refused = call(emulator, "GET", "WhoAmI", token=token)
    assert refused.status_code == 401
    header = refused.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in header
    found = re.search(r'claims="([^"]+)"', header)
    assert found is not None
    claims = base64.b64decode(found[1]).decode()
    assert json.loads(claims) == DEMAND
    again = application.acquire_token_for_client(scope(emulator), claims_challenge=claims)
    assert call(emulator, "GET", "WhoAmI", token=again["access_token"]).status_code == 200
    assert emulator.control.token_requests()[-1]["claims"] == DEMAND


def test_revocation_is_a_challenge_for_newer_tokens(emulator: Emulator) -> None:
    """Continuous access evaluation: tokens from before a moment are refused."""
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    old = confidential(emulator, "s").acquire_token_for_client(scope(emulator))["access_token"]
    emulator.control.advance(60)
    new = confidential(emulator, "s").acquire_token_for_client(scope(emulator))["access_token"]
    issued = json.loads(base64.urlsafe_b64decode(new.split(".")[1] + "=="))["iat"]
    demand = {"access_token": {"nbf": {"essential": True, "value": str(issued)}}}
    emulator.control.sign_in.policies(challenge=demand)
    assert call(emulator, "GET", "WhoAmI", token=old).status_code == 401
    assert call(emulator, "GET", "WhoAmI", token=new).status_code == 200


def test_policy_that_blocks(emulator: Emulator) -> None:
    """Nobody gets a token."""
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    emulator.control.sign_in.policies(block=True)
    result = confidential(emulator, "s").acquire_token_for_client(scope(emulator))
    assert result["error_codes"] == [53003]


def test_second_factor_is_not_asked_of_applications(emulator: Emulator) -> None:
    """People have to come with a browser; msal learns that from `interaction_required`."""
    emulator.control.sign_in.device_interval(1)
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    application = public(emulator)
    flow = application.initiate_device_flow([f"{emulator.url}/user_impersonation"])
    emulator.control.sign_in.approve(flow["user_code"])
    assert "access_token" in application.acquire_token_by_device_flow(flow)
    emulator.control.sign_in.policies(mfa=True)
    (account,) = application.get_accounts()
    result = application.acquire_token_silent_with_error(
        [f"{emulator.url}/user_impersonation"], account, force_refresh=True
    )
    assert result["error"] == "interaction_required"
    assert result["error_codes"] == [50076]
    assert "capolids" in result["claims"]
    allowed = confidential(emulator, "s").acquire_token_for_client(scope(emulator))
    assert "access_token" in allowed


def test_throttling_and_outage_of_the_sign_in_service(emulator: Emulator) -> None:
    """Faults reach the sign-in host when they name its path."""
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    form = {
        "grant_type": "client_credentials",
        "client_id": ROBOT,
        "client_secret": "s",
        "scope": scope(emulator)[0],
    }
    emulator.control.fault(
        path="oauth2/v2.0/token", do="status", status=429, headers={"Retry-After": "7"}, times=1
    )
    emulator.control.fault(path="oauth2/v2.0/token", do="status", status=503, nth=2, times=1)
    throttled = ask(emulator, form)
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "7")
    assert ask(emulator, form).status_code == 503
    assert ask(emulator, form).status_code == 200


@pytest.mark.parametrize("code", [50034, 50105, 65001, 7000112])
def test_refusal_on_demand(emulator: Emulator, code: int) -> None:
    """Numbers that need a tenant with more in it are answered when a test asks for them."""
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    emulator.control.sign_in.refuse(code)
    application = confidential(emulator, "s")
    result = application.acquire_token_for_client(scope(emulator))
    assert result["error_codes"] == [code]
    assert result["error_description"].startswith(f"AADSTS{code}: ")
    assert ROBOT in result["error_description"] or code not in (65001, 7000112)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"secrets": [{"value": "s", "expires_in": -1}]}, 7000222),
        ({"secrets": ["s"], "enabled": False}, 7000112),
    ],
)
def test_application_that_may_not(
    emulator: Emulator, properties: dict[str, Any], code: int
) -> None:
    """An expired secret, and an application that was switched off."""
    emulator.control.sign_in.application(ROBOT, **properties)
    result = confidential(emulator, "s").acquire_token_for_client(scope(emulator))
    assert result["error_codes"] == [code]


def test_resource_nobody_registered(emulator: Emulator) -> None:
    """With the switch, a token for an environment that does not exist is refused."""
    emulator.control.switches(resources="registered")
    emulator.control.sign_in.application(ROBOT, secrets=["s"])
    application = confidential(emulator, "s")
    other = "https://other.crm.dynamics.com"
    refused = application.acquire_token_for_client([f"{other}/.default"])
    assert refused["error_codes"] == [500011]
    emulator.control.sign_in.register(resources=[other])
    # msal remembers a refusal for a minute.
    application = confidential(emulator, "s")
    assert "access_token" in application.acquire_token_for_client([f"{other}/.default"])
    assert "access_token" in application.acquire_token_for_client(scope(emulator))


def test_token_names_what_it_is(emulator: Emulator) -> None:
    """Tenant, application, roles and life can be read from it."""
    roles = ["Flows.Read"]
    emulator.control.sign_in.application(ROBOT, name="robot", secrets=["s"], roles=roles)
    token = confidential(emulator, "s").acquire_token_for_client(scope(emulator))["access_token"]
    said = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert said["tid"] == emulator.environment["POWERAUTOMATE_TENANT_ID"]
    assert (said["appid"], said["app_displayname"]) == (ROBOT, "robot")
    assert said["roles"] == roles
    assert said["exp"] - said["iat"] == 3599


def test_registration_refuses_what_it_does_not_know(emulator: Emulator) -> None:
    """A misspelt member would make a test pass for nothing."""
    with pytest.raises(ValueError, match="Unknown"):
        emulator.control.sign_in.application(ROBOT, secret="s")
    with pytest.raises(ValueError, match="not a GUID"):
        emulator.control.sign_in.application("robot")
    with pytest.raises(ValueError, match="not PEM"):
        emulator.control.sign_in.application(ROBOT, certificates=["x"])
    with pytest.raises(ValueError, match="No refusal"):
        emulator.control.sign_in.refuse(1)


def test_tenant_from_a_file() -> None:
    """The contents of the file are registered when the emulator starts, as `--sign-in FILE`."""
    document = {"applications": [{"client_id": ROBOT, "secrets": ["s"]}]}
    with Emulator(sign_in=document) as emulator:
        result = confidential(emulator, "s").acquire_token_for_client(scope(emulator))
        token = result["access_token"]
        assert call(emulator, "GET", "WhoAmI", token=token).status_code == 200


def test_basic_authentication(emulator: Emulator) -> None:
    """client_secret_basic: id and secret in the header, each percent-encoded."""
    emulator.control.sign_in.application(ROBOT, secrets=["a+b:c %"])
    form = {"grant_type": "client_credentials", "scope": scope(emulator)[0]}
    good = ask(emulator, form, auth=(ROBOT, "a%2Bb%3Ac+%25"))
    assert good.status_code == 200
    assert ask(emulator, form, auth=(ROBOT, "x")).json()["error_codes"] == [7000215]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("{", "is not JSON"),
        ('{"applicatoins": []}', "Unknown ['applicatoins']"),
        ('{"applications": [{"client_id": "robot"}]}', "client_id is 'robot'"),
        (None, "No such file"),
    ],
)
def test_file_that_is_of_no_use(tmp_path: Path, content: str | None, line: str) -> None:
    """One line, and the emulator does not start."""
    file = tmp_path / "tenant.json"
    if content is not None:
        file.write_text(content, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pulumi_powerautomate.emulator", "--sign-in", str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {file}")
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1

"""Assertions instead of secrets: signed by a certificate, or by an issuer that is trusted."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call
from tests.harness.tenant import (
    ROBOT,
    KeyPair,
    ask,
    assertion_form,
    authority,
    claims,
    confidential,
    key_pair,
    segment,
    session,
)

GITHUB = "https://token.actions.githubusercontent.com"
MAIN = "repo:contoso/flows:ref:refs/heads/main"
EXCHANGE = "api://AzureADTokenExchange"


@pytest.fixture(scope="module")
def robot() -> KeyPair:
    """The key of the application."""
    return key_pair()


@pytest.fixture(scope="module")
def stranger() -> KeyPair:
    """A key nobody registered."""
    return key_pair()


def refused(emulator: Emulator, assertion: str) -> tuple[int, int, str]:
    """Status, number and text of a refusal."""
    answer = ask(emulator, assertion_form(emulator, assertion))
    body = answer.json()
    assert "access_token" not in body
    return answer.status_code, body["error_codes"][0], body["error_description"]


@pytest.mark.parametrize("old", [False, True])
def test_msal_signs_in_with_a_certificate(emulator: Emulator, robot: KeyPair, old: bool) -> None:
    """PS256 with `x5t#S256`, and RS256 with `x5t` as older configurations send it."""
    emulator.control.sign_in.application(ROBOT, certificates=[robot.public_pem])
    credential: dict[str, Any] = {"private_key": robot.private_pem}
    if old:
        credential["thumbprint"] = robot.certificate.fingerprint(hashes.SHA1()).hex()
    else:
        credential["public_certificate"] = robot.public_pem
    result = confidential(emulator, credential).acquire_token_for_client(
        [f"{emulator.url}/.default"]
    )
    assert call(emulator, "GET", "WhoAmI", token=result["access_token"]).status_code == 200
    assert claims(result["access_token"])["appidacr"] == "2"
    assert emulator.control.token_requests()[-1]["credential"] == "certificate"


def test_assertion_of_a_stranger(emulator: Emulator, robot: KeyPair, stranger: KeyPair) -> None:
    """A key that is not registered, and a registered name over another key's signature."""
    emulator.control.sign_in.application(ROBOT, certificates=[robot.public_pem])
    status, code, text = refused(emulator, stranger.assertion(emulator))
    assert (status, code) == (401, 700027)
    assert "The key was not found" in text
    thumbprint = stranger.certificate.fingerprint(hashes.SHA256()).hex().upper()
    assert thumbprint in text
    forged = stranger.assertion(emulator, headers={"x5t#S256": robot.thumbprint(hashes.SHA256())})
    assert refused(emulator, forged)[1] == 700027
    assert "did not match the expected signature" in refused(emulator, forged)[2]


def test_assertion_without_a_thumbprint(emulator: Emulator, robot: KeyPair) -> None:
    """The service does not guess which key was used."""
    emulator.control.sign_in.application(ROBOT, certificates=[robot.public_pem])
    _, code, text = refused(emulator, robot.assertion(emulator, headers={}))
    assert code == 700027
    assert "Thumbprint of key used" not in text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "https://login.microsoftonline.com/other/oauth2/v2.0/token"}, 700023),
        ({"iss": "99999999-9999-4999-8999-999999999999"}, 700021),
        ({"sub": "99999999-9999-4999-8999-999999999999"}, 700021),
        ({"sub": None}, 700021),
        ({"exp": 1}, 700024),
        ({"exp": None}, 50027),
        ({"nbf": 4000000000, "exp": 4000000600}, 700024),
    ],
)
def test_assertion_that_says_something_else(
    emulator: Emulator, robot: KeyPair, changes: dict[str, Any], code: int
) -> None:
    """Each claim is checked."""
    emulator.control.sign_in.application(ROBOT, certificates=[robot.public_pem])
    assert refused(emulator, robot.assertion(emulator, **changes))[1] == code


def test_assertion_ends_by_the_clock(emulator: Emulator, robot: KeyPair) -> None:
    """Ten minutes and the skew that clocks may have; not a moment longer."""
    emulator.control.sign_in.application(ROBOT, certificates=[robot.public_pem])
    assertion = robot.assertion(emulator)
    emulator.control.advance(600 + 290)
    assert ask(emulator, assertion_form(emulator, assertion)).status_code == 200
    emulator.control.advance(20)
    assert refused(emulator, assertion)[1] == 700024


def test_expired_certificate(emulator: Emulator) -> None:
    """It stays registered, and is refused by name."""
    old = key_pair(days=5, start=-10)
    emulator.control.sign_in.application(ROBOT, certificates=[old.public_pem])
    _, code, text = refused(emulator, old.assertion(emulator))
    assert code == 700027
    assert "The key used is expired" in text


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_assertion_that_is_not_really_signed(
    emulator: Emulator, robot: KeyPair, algorithm: str
) -> None:
    """Only asymmetric algorithms are taken, whatever the header says."""
    emulator.control.sign_in.application(ROBOT, certificates=[robot.public_pem])
    now = int(time.time())
    audience = f"{authority(emulator)}/oauth2/v2.0/token"
    payload = {"aud": audience, "iss": ROBOT, "sub": ROBOT, "exp": now + 600}
    header = {"alg": algorithm, "x5t#S256": robot.thumbprint(hashes.SHA256())}
    signature = "" if algorithm == "none" else "AAAA"
    forged = f"{segment(header)}.{segment(payload)}.{signature}"
    assert refused(emulator, forged)[1] == 5002738


@pytest.mark.parametrize("assertion", ["", "x", "a.b.c", "e30.e30.e30"])
def test_assertion_that_is_none(emulator: Emulator, assertion: str) -> None:
    """Broken tokens are refused, not crashed on."""
    emulator.control.sign_in.application(ROBOT, secrets=["x"])
    assert refused(emulator, assertion)[1] in (50027, 7000216, 5002738)


def test_public_client_has_no_credential(emulator: Emulator) -> None:
    """Neither does it need one, nor may it show one."""
    emulator.control.sign_in.application(ROBOT, public=True)
    form = {"grant_type": "client_credentials", "client_id": ROBOT}
    assert ask(emulator, {**form, "client_secret": "x"}).json()["error_codes"] == [700025]
    assert ask(emulator, form).json()["error_codes"] == [7000216]


def test_msal_signs_in_with_a_federated_token(emulator: Emulator) -> None:
    """GitHub's id token, asked for as its documentation says, opens the environment."""
    credential = {"issuer": GITHUB, "subject": MAIN}
    emulator.control.sign_in.application(ROBOT, federated_credentials=[credential])
    job = emulator.control.sign_in.github_job(MAIN)

    def id_token() -> str:
        answer = session(emulator).get(
            job["ACTIONS_ID_TOKEN_REQUEST_URL"],
            params={"audience": EXCHANGE},
            headers={"Authorization": f"bearer {job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
            timeout=30,
        )
        return str(answer.json()["value"])

    result = confidential(emulator, {"client_assertion": id_token}).acquire_token_for_client(
        [f"{emulator.url}/.default"]
    )
    assert call(emulator, "GET", "WhoAmI", token=result["access_token"]).status_code == 200
    assert [item["endpoint"] for item in emulator.control.sign_in.requests()][-2:] == [
        "github",
        "token",
    ]


def test_github_refuses_other_jobs(emulator: Emulator) -> None:
    """Without the job's token there is no id token; without an audience it is the owner."""
    job = emulator.control.sign_in.github_job(MAIN)
    url = job["ACTIONS_ID_TOKEN_REQUEST_URL"]
    bearer = {"Authorization": f"bearer {job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    http = session(emulator)
    assert http.get(url, timeout=30).status_code == 401
    assert http.get(url, headers={"Authorization": "bearer no"}, timeout=30).status_code == 401
    assert http.post(url, headers=bearer, timeout=30).status_code == 405
    value = http.get(url, headers=bearer, timeout=30).json()["value"]
    assert claims(value)["aud"] == "https://github.com/contoso"


def test_azure_devops_gives_a_token_per_connection(emulator: Emulator) -> None:
    """Its token is exchanged as well; what is missing in the request is refused."""
    connection = "22222222-2222-4222-8222-222222222222"
    subject = "sc://contoso/flows/dev"
    job = emulator.control.sign_in.devops_job({connection: subject})
    url, http = job["SYSTEM_OIDCREQUESTURI"], session(emulator)
    bearer = {"Authorization": f"Bearer {job['SYSTEM_ACCESSTOKEN']}"}
    query = {"api-version": "7.1", "serviceConnectionId": connection}
    token = http.post(url, params=query, headers=bearer, timeout=30).json()["oidcToken"]
    credential = {"issuer": claims(token)["iss"], "subject": subject}
    emulator.control.sign_in.application(ROBOT, federated_credentials=[credential])
    assert ask(emulator, assertion_form(emulator, token)).status_code == 200
    assert http.get(url, params=query, headers=bearer, timeout=30).status_code == 405
    assert http.post(url, params=query, timeout=30).status_code == 401
    assert http.post(url, params={**query, "api-version": ""}, headers=bearer).status_code == 400
    other = {**query, "serviceConnectionId": "x"}
    assert http.post(url, params=other, headers=bearer, timeout=30).status_code == 404


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        (None, 70025),
        ({"issuer": GITHUB + "/", "subject": MAIN}, 700211),
        ({"issuer": GITHUB, "subject": "repo:contoso/other:ref:refs/heads/main"}, 700213),
        ({"issuer": GITHUB, "subject": MAIN.upper()}, 7002138),
        ({"issuer": GITHUB, "subject": MAIN, "audience": "api://other"}, 700212),
    ],
)
def test_federated_credential_that_does_not_match(
    emulator: Emulator, credential: dict[str, str] | None, code: int
) -> None:
    """Issuer, subject and audience, letter by letter."""
    emulator.control.sign_in.application(
        ROBOT, federated_credentials=[credential] if credential else []
    )
    token = emulator.control.sign_in.workload_token(MAIN, issuer=GITHUB)
    status, number, text = refused(emulator, token)
    assert (status, number) == (401, code)
    assert text.startswith(f"AADSTS{code}: ")


def test_own_issuer_can_be_checked_by_anybody(emulator: Emulator) -> None:
    """Discovery document and keys are served, and the token ends by the clock."""
    host = emulator.environment["POWERAUTOMATE_AUTHORITY_HOST"]
    issuer, http = f"{host}/oidc", session(emulator)
    token = emulator.control.sign_in.workload_token("system:serviceaccount:flows:deploy")
    found = http.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()
    keys = http.get(found["jwks_uri"], timeout=30).json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    jwt.decode(token, key.key, algorithms=["RS256"], audience=EXCHANGE, issuer=issuer)
    credential = {"issuer": issuer, "subject": "system:serviceaccount:flows:deploy"}
    emulator.control.sign_in.application(ROBOT, federated_credentials=[credential])
    assert ask(emulator, assertion_form(emulator, token)).status_code == 200
    emulator.control.advance(1000)
    assert refused(emulator, token)[1] == 700024


def test_issuer_elsewhere(emulator: Emulator, robot: KeyPair, stranger: KeyPair) -> None:
    """An issuer that is registered with its keys; a signature by any other key is refused."""
    issuer = "https://oidc.contoso.com"
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(robot.key.public_key(), as_dict=True)
    jwks = {"keys": [{**jwk, "kid": "1", "use": "sig"}]}
    emulator.control.sign_in.register(issuers=[{"issuer": issuer, "jwks": jwks}])
    credential = {"issuer": issuer, "subject": "deploy"}
    emulator.control.sign_in.application(ROBOT, federated_credentials=[credential])
    payload = {"iss": issuer, "sub": "deploy", "aud": EXCHANGE, "exp": int(time.time()) + 600}
    for key, expected in ((robot, 200), (stranger, 401)):
        token = jwt.encode(payload, key.key, algorithm="RS256", headers={"kid": "1"})
        answer = ask(emulator, assertion_form(emulator, token))
        assert answer.status_code == expected
    assert answer.json()["error_codes"] == [50013]


def test_nothing_secret_is_kept(emulator: Emulator, robot: KeyPair) -> None:
    """Neither assertions nor secrets, nor what the pipelines ask with, are in the journal."""
    credential = {"issuer": GITHUB, "subject": MAIN}
    emulator.control.sign_in.application(
        ROBOT,
        secrets=["canary-secret"],
        certificates=[robot.public_pem],
        federated_credentials=[credential],
    )
    job = emulator.control.sign_in.github_job(MAIN)
    bearer = {"Authorization": f"bearer {job['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    url = job["ACTIONS_ID_TOKEN_REQUEST_URL"]
    value = session(emulator).get(url, headers=bearer, timeout=30).json()["value"]
    assertion = robot.assertion(emulator)
    for form in (assertion_form(emulator, assertion), assertion_form(emulator, value)):
        ask(emulator, form)
    ask(emulator, {"client_id": ROBOT, "client_secret": "canary-secret", "grant_type": "x"})
    kept = json.dumps([emulator.control.sign_in.requests(), emulator.control.token_requests()])
    for secret in (assertion, value, "canary-secret", job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]):
        assert secret not in kept
        assert secret.rpartition(".")[2] not in kept
    assert len(emulator.control.sign_in.requests()) == 4

"""Failures of signing in: one line each, with the setting and the remedy, no secret."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import AuthenticationError
from tests.harness.frequent_errors import FREQUENT, Case
from tests.harness.sign_in import AUTH_METHODS, base, failure_of, principal, program


@pytest.mark.parametrize("name", FREQUENT)
def test_frequent(
    name: str, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the twenty is one line that names what it is and what to do."""
    case: Case = FREQUENT[name]
    error = failure_of(case.prepare(emulator, tmp_path), monkeypatch)
    for part in case.says:
        assert part in str(error), error
    if name.startswith("AADSTS"):
        assert isinstance(error, AuthenticationError)
        assert error.code == name
        assert name in str(error)


def test_there_are_twenty() -> None:
    """The documentation promises that many."""
    assert len(FREQUENT) == 20


def test_unregistered_is_not_asked_twice(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal is final: the sign-in service is asked once."""
    failure_of(FREQUENT["AADSTS7000215"].prepare(emulator, tmp_path), monkeypatch)
    assert len(emulator.control.token_requests()) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ARM_CLIENT_CERTIFICATE_PATH": "/nowhere/deploy.pfx"}, "cannot be read"),
        ({"ARM_CLIENT_CERTIFICATE": "not base64 at all!"}, "neither PEM nor base64"),
        ({"ARM_CLIENT_CERTIFICATE": "AAAA"}, "neither PEM nor PKCS#12"),
        ({"ARM_USE_OIDC": "1", "ARM_OIDC_TOKEN_FILE_PATH": "/nowhere/token"}, "cannot be read"),
        ({"ARM_USE_OIDC": "1", "ARM_OIDC_TOKEN": "not-a-token"}, "check oidc_token"),
    ],
)
def test_unusable_credentials(
    changes: dict[str, str], says: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files and values that cannot be used are named with the place they came from."""
    emulator.control.sign_in.application(principal(emulator)["ARM_CLIENT_ID"])
    error = failure_of(principal(emulator, **changes), monkeypatch)
    assert says in str(error)


def test_certificate_without_its_password(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A protected certificate says which setting is missing, PEM and PFX."""
    for kind in ("pem", "pfx"):
        values = AUTH_METHODS[f"certificate-{kind}-file-password"](emulator, tmp_path)
        del values["ARM_CLIENT_CERTIFICATE_PASSWORD"]
        error = failure_of(values, monkeypatch)
        assert "client_certificate_password" in str(error)
        assert "missing" in str(error)


def test_pipeline_that_gives_no_token(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub and Azure Pipelines that refuse are named, with what the job lacks."""
    values = AUTH_METHODS["oidc-github"](emulator, tmp_path)
    error = failure_of({**values, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong-token"}, monkeypatch)
    assert "id-token: write" in str(error)
    values = AUTH_METHODS["oidc-azure-pipelines"](emulator, tmp_path)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL")
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    error = failure_of({**values, "SYSTEM_ACCESSTOKEN": "wrong-token"}, monkeypatch)
    assert "System.AccessToken" in str(error)


def test_machine_without_identity(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An identity that is not there, and an endpoint that is not there."""
    values = base(emulator, ARM_USE_MSI="true", **emulator.control.sign_in.machine("imds"))
    assert "assign it" in str(failure_of(values, monkeypatch))
    nowhere = {**values, "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"}
    assert "managed identity endpoint does not answer" in str(failure_of(nowhere, monkeypatch))


@pytest.mark.parametrize("tool", ["az", "azd"])
def test_tools_that_misbehave(
    tool: str, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that prints no JSON, or another error than a missing sign-in."""
    switch = "ARM_USE_CLI" if tool == "az" else "POWERAUTOMATE_USE_AZD"
    for text, says in (
        ("print('hello')", "did not answer with JSON"),
        ("print('{}')", "without a token"),
        ("import sys; sys.exit('AADSTS50076: multi-factor is needed')", "Multi-factor"),
    ):
        values = base(emulator, PATH=program(tmp_path / "tools", tool, text))
        assert says in str(failure_of({**values, switch: "true"}, monkeypatch))


def test_code_that_is_declined(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever holds the other device may say no."""
    import threading
    import time

    values = AUTH_METHODS["device-code"](emulator, tmp_path)

    def decline() -> None:
        for _ in range(100):
            for device in emulator.control.sign_in.devices():
                emulator.control.sign_in.decline(str(device["user_code"]))
                return
            time.sleep(0.1)

    thread = threading.Thread(target=decline)
    thread.start()
    error = failure_of(values, monkeypatch)
    thread.join()
    assert "declined" in str(error)


def test_sign_in_service_that_fails_is_asked_again(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two failures of the sign-in service are not seen, though `msal` would repeat them."""
    values = AUTH_METHODS["client-secret"](emulator, tmp_path)
    emulator.control.fault(
        path="oauth2/v2.0/token", do="status", status=503, times=2, headers={"Retry-After": "1"}
    )
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with contextlib.closing(DataverseClient(resolve())) as client:
        assert client.identity.reach().user_id


def test_sign_in_service_that_is_not_there(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address where nobody answers, and a certificate that is not trusted."""
    values = AUTH_METHODS["client-secret"](emulator, tmp_path)
    error = failure_of(
        {**values, "POWERAUTOMATE_AUTHORITY_HOST": "https://127.0.0.1:9"}, monkeypatch
    )
    assert "gave no response" in str(error)
    untrusted = {**values, "POWERAUTOMATE_CA_BUNDLE": ""}
    assert "ca_bundle" in str(failure_of(untrusted, monkeypatch))

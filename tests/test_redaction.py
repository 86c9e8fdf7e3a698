"""Secrets in texts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pulumi_powerautomate.errors import DataverseError, one_line
from pulumi_powerautomate.redaction import keep_secret, redact

_SECRET = "c4n4ry_9f2e7d61"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {_SECRET}",
        f"authorization: basic {_SECRET}",
        f'{{"access_token":"{_SECRET}","expires_in":3599}}',
        f'{{"oidcToken" : "{_SECRET}"}}',
        json.dumps({"clientdata": json.dumps({"password": _SECRET})}),
        f"grant_type=client_credentials&client_secret={_SECRET}&scope=x",
        f"client_assertion={_SECRET}",
        f"https://prod-1.logic.azure.com/workflows/1/triggers/manual?sp=%2F&sv=1.0&sig={_SECRET}",
        f"https://prod-1.azurewebsites.net/api/run?code={_SECRET}&x=1",
        json.dumps({"uri": f"https://prod-1.logic.azure.com/w?api-version=1&sig={_SECRET}"}),
        f"next=https%3A%2F%2Fprod.logic.azure.com%2Fw%3Fsv%3D1%26sig%3D{_SECRET}",
        f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={_SECRET}==;EndpointSuffix=x",
        f"Endpoint=sb://a.example/;SharedAccessKeyName=Root;SharedAccessKey={_SECRET}=",
        f"Server=tcp:a.example;User ID=me;Password={_SECRET};Encrypt=true",
        f"AuthType=ClientSecret;url=https://a.example;ClientId=1;ClientSecret={_SECRET}",
        f"https://me:{_SECRET}@contoso.example/x",
        f"https://contoso.example/x?key={_SECRET}",
        f"SharedAccessSignature sr={_SECRET}",
        json.dumps({"headers": {"x-api-key": _SECRET}}),
        json.dumps({"headers": {"Ocp-Apim-Subscription-Key": _SECRET}}),
        json.dumps({"x-functions-key": f'with "quotes" and {_SECRET}'}),
        json.dumps({"pw": {"type": "SecureString", "defaultValue": f'a\\b"{_SECRET}'}}),
        json.dumps(json.dumps({"Authorization": f'x "{_SECRET}" y'})),
        json.dumps({"a": json.dumps(json.dumps({"pfx": f'x "{_SECRET}" y'}))}),
        f"-----BEGIN PRIVATE KEY-----\n{_SECRET}\n-----END PRIVATE KEY-----",
        f"-----BEGIN RSA PRIVATE KEY-----\n{_SECRET}",
    ],
)
def test_shapes(text: str) -> None:
    """A text that looks like a secret is masked wherever it stands."""
    assert _SECRET not in redact(text)
    assert "***" in redact(text)


def test_token_of_any_kind() -> None:
    """A JWT is masked without a word before it."""
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl"
    assert redact(f"got {token}.") == "got ***."


@pytest.mark.parametrize(
    "text",
    [
        "AADSTS7000215: Invalid client secret provided.",
        "statuscode=1 and statecode=1",
        "The password is wrong (client_certificate_password).",
        "https://a.crm4.dynamics.com/api/data/v9.2/workflows?$select=name&$filter=category eq 5",
        "design=modern;assign=later",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """A text that is no secret is left alone."""
    assert redact(text) == text


@given(some.text(min_size=8, max_size=40).filter(lambda text: text.strip() == text))
def test_known_secrets(secret: str) -> None:
    """A secret that this process holds is masked in every spelling."""
    from urllib.parse import quote, quote_plus

    keep_secret(secret)
    for spelling in (secret, quote(secret, safe=""), quote_plus(secret)):
        assert f"<{spelling}>" not in redact(f"<{spelling}>")


def test_a_short_secret_after_many_long_ones() -> None:
    """The one that was kept last is masked, however many there were before."""
    program = (
        f"from {keep_secret.__module__} import keep_secret, redact\n"
        "for number in range(2_500):\n"
        "    keep_secret(f'{number:040}')\n"
        "keep_secret('s3cret-1')\n"
        "print(redact('<s3cret-1>'))\n"
    )
    # A process of its own, so that no other test has to mask them.
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "<***>\n"


def test_messages_are_masked() -> None:
    """No message of a service brings a secret into an error."""
    said = f"Cannot call https://prod.logic.azure.com/w?sig={_SECRET}"
    assert _SECRET not in one_line(said)
    error = DataverseError("Turn on", status=400, detail=said)
    assert _SECRET not in str(error)
    assert _SECRET not in error.detail

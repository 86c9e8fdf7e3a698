"""How long a token is used, where it is kept, and what a response may be like."""

from __future__ import annotations

import contextlib
import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.http import wire_log
from pulumi_powerautomate.client.http.bounded_json import loads
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import ConfigurationError, PowerAutomateError, TransportError
from tests.harness.other_servers import Response, serving
from tests.harness.sign_in import AUTH_METHODS, somebody_types_codes


@contextlib.contextmanager
def signed_in(values: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[DataverseClient]:
    """A client of a process with these variables."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with contextlib.closing(DataverseClient(resolve())) as client:
        yield client


def test_renewed_before_it_ends(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a short life later there is a new token, though the old one is still good."""
    emulator.control.tokens(seconds=2)
    with signed_in(dict(emulator.environment), monkeypatch) as client:
        client.identity.reach()
        client.identity.reach()
        assert len(emulator.control.token_requests()) == 1
        time.sleep(1.1)
        client.identity.reach()
    assert len(emulator.control.token_requests()) == 2
    assert all(one["status"] == 200 for one in emulator.control.requests())


def test_assertion_file_is_read_for_each_token(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was replaced meanwhile, as Kubernetes does it, is read again."""
    values = AUTH_METHODS["oidc-token-file"](emulator, tmp_path)
    file = Path(values["ARM_OIDC_TOKEN_FILE_PATH"])
    with signed_in(values, monkeypatch) as client:
        client.identity.reach()
        emulator.control.tokens(revoke=True)
        file.write_text("no-token-any-more", "utf-8")
        with pytest.raises(PowerAutomateError, match="oidc_token"):
            client.identity.reach()
        file.write_text(AUTH_METHODS["oidc-token"](emulator, tmp_path)["ARM_OIDC_TOKEN"], "utf-8")
        client.identity.reach()


def test_sign_in_of_a_person_is_kept(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a store, the next process asks nobody; a file is readable by its owner only."""
    values = {
        **AUTH_METHODS["device-code"](emulator, tmp_path),
        "POWERAUTOMATE_TOKEN_CACHE": "plaintext",
        "XDG_CACHE_HOME": str(tmp_path),
    }
    emulator.control.tokens(seconds=2)
    with somebody_types_codes(emulator), signed_in(values, monkeypatch) as client:
        client.identity.reach()
        time.sleep(1.1)
        # Near its end, the token is renewed without a person.
        client.identity.reach()
    with signed_in(values, monkeypatch) as client:
        client.identity.reach()
    (file,) = (tmp_path / "pulumi-powerautomate").glob("*.bin")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    codes = [one for one in emulator.control.sign_in.requests() if one["endpoint"] == "devicecode"]
    assert len(codes) == 1


def test_log_file(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file gets every request, is private, and holds no secret; a bad one is one line."""
    file = tmp_path / "wire.log"
    monkeypatch.setenv(wire_log.VARIABLE, str(file))
    with signed_in(dict(emulator.environment), monkeypatch) as client:
        client.identity.reach()
    text = file.read_text("utf-8")
    assert "GET" in text
    assert "WhoAmI -> 200" in text
    assert "client_secret=***" in text
    assert emulator.environment["POWERAUTOMATE_CLIENT_SECRET"] not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    monkeypatch.setenv(wire_log.VARIABLE, str(tmp_path / "nowhere" / "wire.log"))
    unwritable = pytest.raises(ConfigurationError, match="cannot be written")
    with unwritable, signed_in({}, monkeypatch) as client:
        client.identity.reach()


def test_answers_that_are_nested_too_deeply() -> None:
    """A hundred levels are read, more are not, however many."""
    assert loads("[" * 90 + "]" * 90)
    for depth in (200, 200_000):
        with pytest.raises(ValueError, match="nested"):
            loads("[" * depth + "]" * depth)
    assert loads(json.dumps({"value": [{"a": "[" * 500}] * 500}))


@pytest.mark.parametrize("body", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 300 + b"1" + b"}" * 300])
def test_environment_that_nests_too_deeply(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a response is not Dataverse's, in one line."""
    headers = {"OData-Version": "4.0"}
    with serving(lambda method, path: Response(200, headers, body)) as (address, _):
        values = {
            "POWERAUTOMATE_ENVIRONMENT_URL": f"http://{address}",
            "POWERAUTOMATE_ACCESS_TOKEN": "a-ready-token",
        }
        failing = pytest.raises(TransportError, match="not JSON, or cut short")
        with failing, signed_in(values, monkeypatch) as client:
            client.identity.reach()


def test_sign_in_service_that_answers_too_much(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A megabyte is enough for a token."""
    values = AUTH_METHODS["client-secret"](emulator, tmp_path)
    bundle = tmp_path / "authority.pem"
    much = Response(200, {}, b" " * 2_000_000)
    with serving(lambda method, path: much, bundle) as (address, seen):
        values["POWERAUTOMATE_AUTHORITY_HOST"] = f"https://{address}"
        values["POWERAUTOMATE_CA_BUNDLE"] = str(bundle)
        failing = pytest.raises(PowerAutomateError, match="gave no response")
        with failing, signed_in(values, monkeypatch) as client:
            client.identity.reach()
        assert seen

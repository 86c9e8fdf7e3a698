"""
No token to a stranger, whoever names the address.

The judge is a proxy that records which host `requests` asks it for. What we take for an address of
ours has to lead to a host of ours there, and what we refuse must not be asked for at all.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from pulumi_powerautomate import errors
from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.environment_lookup import locate
from pulumi_powerautomate.client.environments import Discovery
from pulumi_powerautomate.config import resolve
from tests.harness.connect_proxy import ConnectProxy
from tests.harness.hostile_addresses import ADDRESSES, HOST

OURS = f"https://{HOST}"
# Where each address costs several handshakes: the ones that lead elsewhere, and a few of the rest.
FEWER = [address for number, address in enumerate(ADDRESSES) if "\\" in address or number % 8 == 0]


@pytest.fixture(scope="module")
def _shared_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectProxy]:
    with ConnectProxy(tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


@pytest.fixture
def proxy(_shared_proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch) -> ConnectProxy:
    """The recording proxy, in the way of every request."""
    _shared_proxy.clear()
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, _shared_proxy.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return _shared_proxy


def _settings(proxy: ConnectProxy, **more: str) -> dict[str, str]:
    values = {
        "POWERAUTOMATE_ACCESS_TOKEN": "token-that-stays",
        "POWERAUTOMATE_CA_BUNDLE": proxy.ca_bundle,
        "POWERAUTOMATE_REQUEST_TIMEOUT": "5",
    }
    return {**values, **{f"POWERAUTOMATE_{name.upper()}": value for name, value in more.items()}}


def _is_ours(target: str) -> bool:
    """Whether a host is one of Dataverse's, by the proxy's reading and in plain characters."""
    host, _, port = target.rpartition(":")
    plain = set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    return plain and host.endswith(".dynamics.com") and port == "443"


@contextlib.contextmanager
def _refused_in_a_line() -> Iterator[None]:
    """A refusal, if there is one, takes one line."""
    lines: list[str] = []
    try:
        yield
    except errors.PowerAutomateError as error:
        lines.append(str(error))
    assert "\n" not in "".join(lines)


def _who_am_i(environ: dict[str, str]) -> None:
    client = DataverseClient(resolve(environ=environ))
    transport = client.transport
    try:
        transport.send("GET", "WhoAmI", action="Look", deadline=transport.deadline())
    finally:
        client.close()


def test_the_table_is_hostile(proxy: ConnectProxy) -> None:
    """The addresses do lead elsewhere: without our judgement, `requests` goes there."""
    elsewhere = 0
    for address in ADDRESSES:
        before = len(proxy.targets)
        with contextlib.suppress(requests.RequestException, UnicodeError, ValueError):
            requests.get(
                address if "//" in address else f"https://{address}",
                verify=proxy.ca_bundle,
                timeout=5,
                allow_redirects=False,
            )
        elsewhere += any(not _is_ours(target) for target in proxy.targets[before:])
    assert len(ADDRESSES) >= 200
    assert elsewhere >= 100


@pytest.mark.parametrize("setting", ["environment_url", "environment", "discovery_host"])
def test_settings(setting: str, proxy: ConnectProxy) -> None:
    """An address in a setting is refused in one line, or is Dataverse's own."""
    allowed = []
    for address in ADDRESSES:
        proxy.clear()
        given = {"environment_url": OURS, setting: address}
        if setting == "environment":
            del given["environment_url"]
        with _refused_in_a_line():
            if setting == "discovery_host":
                connection = resolve(environ=_settings(proxy, **given))
                Discovery(connection).environments()
            else:
                _who_am_i(_settings(proxy, **given))
        assert all(map(_is_ours, proxy.targets)), (address, proxy.targets)
        allowed += proxy.targets
    assert not proxy.bearers or all("evil" not in host for host in proxy.bearers)
    # The environment's own address with a harmless path is not refused.
    assert len(allowed) <= 10, allowed


def test_sign_in_service(proxy: ConnectProxy) -> None:
    """The client secret goes to no sign-in service that is not Microsoft's."""
    for address in ADDRESSES:
        proxy.clear()
        for hostile in (address, address.replace(HOST, "login.microsoftonline.com")):
            environ = _settings(
                proxy,
                environment_url=OURS,
                authority_host=hostile,
                tenant_id="contoso.com",
                client_id="00000000-0000-4000-8000-000000000001",
                client_secret="secret-that-stays",
            )
            del environ["POWERAUTOMATE_ACCESS_TOKEN"]
            with _refused_in_a_line():
                _who_am_i(environ)
        assert set(proxy.targets) <= {"login.microsoftonline.com:443", f"{HOST}:443"}, address


def _metadata_of_sign_in(address: str) -> Callable[[str, str], tuple[int, bytes]]:
    metadata = {
        "token_endpoint": address,
        "authorization_endpoint": address,
        "issuer": "https://login.microsoftonline.com/contoso.com/v2.0",
    }
    return lambda _host, _path: (200, json.dumps(metadata).encode())


def test_what_the_sign_in_service_points_at(proxy: ConnectProxy) -> None:
    """The address for tokens that a sign-in service names is judged like one of ours."""
    for address in FEWER:
        proxy.clear()
        hostile = address.replace(HOST, "login.microsoftonline.com")
        proxy.answer = _metadata_of_sign_in(hostile)
        environ = _settings(
            proxy,
            environment_url=OURS,
            tenant_id="contoso.com",
            client_id="00000000-0000-4000-8000-000000000001",
            client_secret="secret-that-stays",
        )
        del environ["POWERAUTOMATE_ACCESS_TOKEN"]
        with pytest.raises(errors.PowerAutomateError) as caught:
            _who_am_i(environ)
        assert "\n" not in str(caught.value)
        assert set(proxy.targets) <= {"login.microsoftonline.com:443"}, (address, proxy.targets)


@pytest.mark.parametrize("way", ["next page", "parts of a batch"])
def test_addresses_in_answers(way: str, proxy: ConnectProxy) -> None:
    """A next page is followed at the environment's own origin only, alone or within a batch."""
    client = DataverseClient(resolve(environ=_settings(proxy, environment_url=OURS)))
    transport = client.transport
    for address in ADDRESSES:
        proxy.clear()
        first: dict[str, Any] = {"value": [{"id": 1}], "@odata.nextLink": address}

        def answer(_host: str, path: str, first: dict[str, Any] = first) -> tuple[int, bytes]:
            return 200, json.dumps(first if path.endswith("/first") else {"value": []}).encode()

        proxy.answer = answer
        with _refused_in_a_line():
            if way == "next page":
                list(transport.pages("first", action="List"))
            else:
                transport.read_together([address], action="Read", deadline=transport.deadline())
        assert {*proxy.targets, *proxy.bearers} <= {f"{HOST}:443", HOST}, (address, proxy.targets)
    client.close()


def test_addresses_of_the_discovery_service(proxy: ConnectProxy) -> None:
    """An address of the discovery service is judged like a setting."""
    for number, address in enumerate(FEWER):
        proxy.clear()
        rows = {"value": [{"UniqueName": "unq1a2b", "Url": address}]}

        def answer(host: str, _path: str, rows: dict[str, Any] = rows) -> tuple[int, bytes]:
            if host == "login.microsoftonline.com":
                root = "https://login.microsoftonline.com/contoso.com"
                return 200, json.dumps(
                    {
                        "token_endpoint": f"{root}/token",
                        "authorization_endpoint": f"{root}/authorize",
                        "issuer": f"{root}/v2.0",
                        "access_token": "token-that-stays",
                        "token_type": "Bearer",
                        "expires_in": 3600,
                    }
                ).encode()
            return 200, json.dumps(rows).encode()

        proxy.answer = answer
        environ = _settings(
            proxy,
            environment="unq1a2b",
            tenant_id="contoso.com",
            client_id="00000000-0000-4000-8000-000000000001",
            # A connection of its own for each address: what was found is kept.
            client_secret=f"secret-that-stays-{number}",
        )
        del environ["POWERAUTOMATE_ACCESS_TOKEN"]
        with _refused_in_a_line():
            connection = locate(resolve(environ=environ))
            assert _is_ours(f"{connection.host}:443"), address


def test_trusted_host_opts_out_for_both(proxy: ConnectProxy) -> None:
    """Hosts of one's own are reached when they are named, several with commas between."""
    proxy.answer = lambda _host, _path: (200, b"{}")
    _who_am_i(
        _settings(
            proxy,
            environment_url="https://flows.contoso.example",
            trusted_host="login.contoso.example, flows.contoso.example",
            authority_host="https://login.contoso.example",
        )
    )
    assert proxy.targets == ["flows.contoso.example:443"]
    with pytest.raises(errors.ConfigurationError, match="not a sign-in service of Microsoft"):
        resolve(
            environ=_settings(
                proxy, environment_url=OURS, authority_host="https://login.contoso.example"
            )
        )


def test_who_vouches_is_not_the_stacks_to_say() -> None:
    """A stack's file cannot send the pipeline's token for identity tokens elsewhere."""
    pipeline = {
        "POWERAUTOMATE_ENVIRONMENT_URL": OURS,
        "ARM_OIDC_REQUEST_TOKEN": "token-that-stays",
        "ARM_CLIENT_ID": "00000000-0000-4000-8000-000000000001",
        "ARM_TENANT_ID": "contoso.com",
    }
    stack = {"powerautomate:oidcRequestUrl": "https://evil.com/token"}
    with pytest.raises(errors.ConfigurationError, match="the pipeline sets the address") as caught:
        resolve(stack, environ=pipeline)
    assert "\n" not in str(caught.value)
    whole = {**stack, "powerautomate:oidcRequestToken": "token-of-the-stack"}
    del pipeline["ARM_OIDC_REQUEST_TOKEN"]
    assert resolve(whole, environ=pipeline).auth_method == "oidc"

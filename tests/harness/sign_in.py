"""Every way of signing in, prepared against the emulator as its users would prepare it."""

from __future__ import annotations

import atexit
import base64
import contextlib
import datetime
import os
import stat
import sys
import textwrap
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import PowerAutomateError

APPLICATION = "4a6f1c52-0000-4000-8000-0000000000c2"
IDENTITY = "4a6f1c52-0000-4000-8000-0000000000c3"
SUBJECT = "repo:contoso/flows:ref:refs/heads/main"
CONNECTION = "4a6f1c52-0000-4000-8000-0000000000c4"
PASSWORD = "certificate-password"
ALICE = "alice@contoso.com"
_GITHUB = "https://token.actions.githubusercontent.com"

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

Prepare = Callable[[Emulator, Path], dict[str, str]]


def certificate(days: int = 30, start: int = -1) -> x509.Certificate:
    """A self-signed certificate of the tests' key."""
    now = datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pulumi-deploy")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=start))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(_KEY, hashes.SHA256())
    )


def pem(issued: x509.Certificate, password: str = "") -> bytes:
    """Key and certificate in one PEM text."""
    return _KEY.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, _encryption(password)
    ) + issued.public_bytes(Encoding.PEM)


def pfx(issued: x509.Certificate, password: str = "") -> bytes:
    """Key and certificate as PKCS#12."""
    return pkcs12.serialize_key_and_certificates(b"me", _KEY, issued, None, _encryption(password))


def base(emulator: Emulator, **more: str) -> dict[str, str]:
    """Where to connect, and nothing about as whom."""
    kept = ("ENVIRONMENT_URL", "AUTHORITY_HOST", "CA_BUNDLE")
    return {
        **{f"POWERAUTOMATE_{name}": emulator.environment[f"POWERAUTOMATE_{name}"] for name in kept},
        **more,
    }


def principal(emulator: Emulator, **more: str) -> dict[str, str]:
    """The same, for the application that tests register."""
    tenant = emulator.environment["POWERAUTOMATE_TENANT_ID"]
    return base(emulator, ARM_TENANT_ID=tenant, ARM_CLIENT_ID=APPLICATION, **more)


def program(folder: Path, name: str, text: str) -> str:
    """A small executable on a PATH of its own; returns that PATH, with the system's after it."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!{sys.executable}\n{textwrap.dedent(text)}", "utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:/usr/bin:/bin"


def token_of(emulator: Emulator) -> str:
    """A token, fetched as any program may."""
    values = emulator.environment
    response = requests.post(
        f"{values['POWERAUTOMATE_AUTHORITY_HOST']}/{values['POWERAUTOMATE_TENANT_ID']}"
        "/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": values["POWERAUTOMATE_CLIENT_ID"],
            "client_secret": values["POWERAUTOMATE_CLIENT_SECRET"],
            "scope": f"{emulator.url}/.default",
        },
        verify=values["POWERAUTOMATE_CA_BUNDLE"],
        timeout=30,
    )
    return str(response.json()["access_token"])


def _encryption(password: str) -> KeySerializationEncryption:
    return BestAvailableEncryption(password.encode()) if password else NoEncryption()


def _secret(emulator: Emulator, folder: Path) -> dict[str, str]:
    emulator.control.sign_in.application(APPLICATION, secrets=["a-secret-of-its-own"])
    return principal(emulator, ARM_CLIENT_SECRET="a-secret-of-its-own")


def _certificate(kind: str, password: str, by_path: bool) -> Prepare:
    def prepare(emulator: Emulator, folder: Path) -> dict[str, str]:
        issued = certificate()
        registered = issued.public_bytes(Encoding.PEM).decode()
        emulator.control.sign_in.application(APPLICATION, certificates=[registered])
        data = pem(issued, password) if kind == "pem" else pfx(issued, password)
        more = {"ARM_CLIENT_CERTIFICATE_PASSWORD": password} if password else {}
        if by_path:
            file = folder / f"deploy.{kind}"
            file.write_bytes(data)
            return principal(emulator, ARM_CLIENT_CERTIFICATE_PATH=str(file), **more)
        value = data.decode() if kind == "pem" else base64.b64encode(data).decode()
        return principal(emulator, ARM_CLIENT_CERTIFICATE=value, **more)

    return prepare


def _trusting(emulator: Emulator, issuer: str, subject: str) -> None:
    emulator.control.sign_in.application(
        APPLICATION, federated_credentials=[{"issuer": issuer, "subject": subject}]
    )


def _own_issuer(emulator: Emulator) -> str:
    """A token of the emulator's issuer, which the application trusts."""
    _trusting(emulator, f"{emulator.environment['POWERAUTOMATE_AUTHORITY_HOST']}/oidc", SUBJECT)
    return emulator.control.sign_in.workload_token(SUBJECT)


def _oidc_token(emulator: Emulator, folder: Path) -> dict[str, str]:
    return principal(emulator, ARM_USE_OIDC="true", ARM_OIDC_TOKEN=_own_issuer(emulator))


def _oidc_file(emulator: Emulator, folder: Path) -> dict[str, str]:
    file = folder / "token"
    file.write_text(_own_issuer(emulator) + "\n", "utf-8")
    return principal(emulator, ARM_USE_OIDC="true", ARM_OIDC_TOKEN_FILE_PATH=str(file))


def _workload_identity(emulator: Emulator, folder: Path) -> dict[str, str]:
    file = folder / "token"
    file.write_text(_own_issuer(emulator), "utf-8")
    return base(
        emulator,
        AZURE_TENANT_ID=emulator.environment["POWERAUTOMATE_TENANT_ID"],
        AZURE_CLIENT_ID=APPLICATION,
        AZURE_FEDERATED_TOKEN_FILE=str(file),
    )


def _github(emulator: Emulator, folder: Path) -> dict[str, str]:
    _trusting(emulator, _GITHUB, SUBJECT)
    return principal(emulator, ARM_USE_OIDC="true", **emulator.control.sign_in.github_job(SUBJECT))


def _azure_pipelines(emulator: Emulator, folder: Path) -> dict[str, str]:
    issuer = "https://vstoken.dev.azure.com/0e6a3b61-0000-4000-8000-0000000000d0"
    _trusting(emulator, issuer, "sc://contoso/flows/dev")
    return principal(
        emulator,
        ARM_USE_OIDC="true",
        ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID=CONNECTION,
        **emulator.control.sign_in.devops_job({CONNECTION: "sc://contoso/flows/dev"}),
    )


def _machine(kind: str, *, user_assigned: bool = False, asked: bool = True) -> Prepare:
    def prepare(emulator: Emulator, folder: Path) -> dict[str, str]:
        emulator.control.sign_in.managed_identity(IDENTITY, system_assigned=not user_assigned)
        where = _arc_folder() if kind == "arc" else None
        values = base(emulator, **emulator.control.sign_in.machine(kind, where))
        if asked:
            values["ARM_USE_MSI"] = "true"
        if user_assigned:
            values["ARM_CLIENT_ID"] = IDENTITY
        return values

    return prepare


class Unavailable(Exception):
    """This way cannot be prepared on this machine."""


def _arc_folder() -> Path:
    """Where the agent of Azure Arc leaves its challenges; only an administrator may write there."""
    folder = Path("/var/opt/azcmagent/tokens")
    if not folder.exists():
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise Unavailable(f"{folder} cannot be made") from error
        atexit.register(_remove, folder)
    return folder


def _remove(folder: Path) -> None:
    with contextlib.suppress(OSError):
        os.removedirs(folder)


_AZ = """
    import json, sys, time
    known = ["account", "get-access-token", "--output", "json", "--resource", {resource!r}]
    if sys.argv[1:] != known:
        sys.exit("ERROR: unrecognized arguments: " + " ".join(sys.argv[1:]))
    print(json.dumps({{
        "accessToken": {token!r},
        "expiresOn": time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(time.time() + 3599)),
        "expires_on": int(time.time()) + 3599,
        "subscription": "00000000-0000-0000-0000-000000000000",
        "tenant": "0e6a3b61-0000-4000-8000-0000000000aa",
        "tokenType": "Bearer",
    }}))
"""

_AZD = """
    import json, sys, time
    if sys.argv[1:] != ["auth", "token", "--output", "json", "--scope", {scope!r}]:
        sys.exit("Error: unknown command " + " ".join(sys.argv[1:]))
    ends = time.gmtime(time.time() + 3599)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", ends)
    print(json.dumps({{"token": {token!r}, "expiresOn": until}}))
"""


def _az(emulator: Emulator, folder: Path) -> dict[str, str]:
    text = _AZ.format(resource=emulator.url, token=token_of(emulator))
    return base(emulator, PATH=program(folder / "tools", "az", text), ARM_USE_CLI="true")


def _azd(emulator: Emulator, folder: Path) -> dict[str, str]:
    text = _AZD.format(scope=f"{emulator.url}/.default", token=token_of(emulator))
    path = program(folder / "tools", "azd", text)
    return base(emulator, PATH=path, POWERAUTOMATE_USE_AZD="true")


def _device_code(emulator: Emulator, folder: Path) -> dict[str, str]:
    emulator.control.sign_in.device_interval(1)
    return base(emulator, POWERAUTOMATE_USE_DEVICE_CODE="true", POWERAUTOMATE_TOKEN_CACHE="memory")


def _browser(emulator: Emulator, folder: Path) -> dict[str, str]:
    # The ampersand lets whoever opened it go on and listen to what it brings back.
    browser = Path(__file__).parent / "headless_browser.py"
    return base(
        emulator,
        POWERAUTOMATE_USE_BROWSER="true",
        POWERAUTOMATE_TOKEN_CACHE="memory",
        BROWSER=f"{sys.executable} {browser} %s &",
    )


def _ready_token(emulator: Emulator, folder: Path) -> dict[str, str]:
    return base(emulator, POWERAUTOMATE_ACCESS_TOKEN=token_of(emulator))


AUTH_METHODS: Mapping[str, Prepare] = {
    "client-secret": _secret,
    "certificate-pem-file": _certificate("pem", "", True),
    "certificate-pem-file-password": _certificate("pem", PASSWORD, True),
    "certificate-pem-value": _certificate("pem", "", False),
    "certificate-pfx-file": _certificate("pfx", "", True),
    "certificate-pfx-file-password": _certificate("pfx", PASSWORD, True),
    "certificate-pfx-value": _certificate("pfx", "", False),
    "certificate-pfx-value-password": _certificate("pfx", PASSWORD, False),
    "oidc-token": _oidc_token,
    "oidc-token-file": _oidc_file,
    "oidc-workload-identity": _workload_identity,
    "oidc-github": _github,
    "oidc-azure-pipelines": _azure_pipelines,
    "msi-imds-system": _machine("imds"),
    "msi-imds-user-assigned": _machine("imds", user_assigned=True),
    "msi-app-service": _machine("app_service", asked=False),
    "msi-arc": _machine("arc"),
    "msi-service-fabric": _machine("service_fabric"),
    "msi-machine-learning": _machine("machine_learning"),
    "azure-cli": _az,
    "azd": _azd,
    "device-code": _device_code,
    "browser": _browser,
    "access-token": _ready_token,
}


@contextlib.contextmanager
def somebody_types_codes(emulator: Emulator) -> Iterator[None]:
    """Alice sits at another device and types in every code that is given out."""
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for device in emulator.control.sign_in.devices():
                emulator.control.sign_in.approve(str(device["user_code"]), ALICE)
            time.sleep(0.2)

    thread = threading.Thread(target=watch, name=f"codes-{uuid.uuid4()}")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def failure_of(values: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> PowerAutomateError:
    """The error of a look at the environment."""
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    client = DataverseClient(resolve())
    with contextlib.closing(client), pytest.raises(PowerAutomateError) as failed:
        client.identity.reach()
    text = str(failed.value)
    assert "\n" not in text
    for name, value in values.items():
        if "SECRET" in name or "PASSWORD" in name or name.endswith("_TOKEN"):
            assert value not in text
    return failed.value

"""Names of other tools: files, AKS, a managed identity's endpoint, Terraform's power-platform."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import ConfigurationError
from tests.harness.sign_in import APPLICATION, AUTH_METHODS, IDENTITY, Prepare, base, failure_of
from tests.harness.tools import python_with

_OTHER = "4a6f1c52-0000-4000-8000-0000000000c9"
_SECRET = "a-secret-of-its-own"


def _written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(f"{text}\n", "utf-8")
    return str(folder / name)


def _files(emulator: Emulator, folder: Path) -> dict[str, str]:
    emulator.control.sign_in.application(APPLICATION, secrets=[_SECRET])
    return base(
        emulator,
        ARM_TENANT_ID=emulator.environment["POWERAUTOMATE_TENANT_ID"],
        ARM_CLIENT_ID_FILE_PATH=_written(folder, "id", APPLICATION),
        ARM_CLIENT_SECRET_FILE_PATH=_written(folder, "secret", _SECRET),
    )


def _aks(emulator: Emulator, folder: Path) -> dict[str, str]:
    values = AUTH_METHODS["oidc-workload-identity"](emulator, folder)
    return {**values, "ARM_USE_AKS_WORKLOAD_IDENTITY": "true"}


def _msi_endpoint(emulator: Emulator, folder: Path) -> dict[str, str]:
    values = AUTH_METHODS["msi-imds-user-assigned"](emulator, folder)
    machine = values.pop("AZURE_POD_IDENTITY_AUTHORITY_HOST")
    endpoint = f"{machine}/metadata/identity/oauth2/token"
    # Where a hosting service announces another endpoint, the one that is named is taken.
    elsewhere = {"IDENTITY_ENDPOINT": "http://127.0.0.1:9/", "IDENTITY_HEADER": "x"}
    return {**values, **elsewhere, "ARM_MSI_ENDPOINT": endpoint}


def _terraform(way: str) -> Prepare:
    def prepare(emulator: Emulator, folder: Path) -> dict[str, str]:
        values = AUTH_METHODS[way](emulator, folder)
        return {
            {
                "ARM_CLIENT_CERTIFICATE_PATH": "POWER_PLATFORM_CLIENT_CERTIFICATE_FILE_PATH",
                "POWERAUTOMATE_USE_AZD": "POWER_PLATFORM_USE_DEV_CLI",
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID": (
                    "POWER_PLATFORM_AZDO_SERVICE_CONNECTION_ID"
                ),
            }.get(name, name.replace("ARM_", "POWER_PLATFORM_")): value
            for name, value in values.items()
        }

    return prepare


_PREPARED: dict[str, Prepare] = {
    "files": _files,
    "aks": _aks,
    "msi endpoint": _msi_endpoint,
    **{
        f"power platform, {way}": _terraform(way)
        for way in (
            *("client-secret", "certificate-pfx-value-password", "certificate-pfx-file-password"),
            *("oidc-azure-pipelines", "msi-imds-system", "azure-cli", "azd"),
        )
    },
}


@pytest.mark.parametrize("way", _PREPARED)
def test_signs_in(
    way: str, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment answers, and nobody else was asked."""
    for name, value in _PREPARED[way](emulator, tmp_path).items():
        monkeypatch.setenv(name, value)
    with contextlib.closing(DataverseClient(resolve())) as client:
        client.identity.reach()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ARM_CLIENT_ID": _OTHER}, ("client_id", "client_id_file_path", "do not say the same")),
        ({"ARM_CLIENT_SECRET": "another"}, ("client_secret_file_path", "do not say the same")),
        ({"ARM_CLIENT_SECRET_FILE_PATH": "/nowhere"}, ("/nowhere cannot be read",)),
        ({"ARM_CLIENT_ID_FILE_PATH": os.devnull}, ("is empty or too large",)),
    ],
)
def test_files_that_are_of_no_use(
    changes: dict[str, str], says: tuple[str, ...], emulator: Emulator, tmp_path: Path
) -> None:
    """One line with the settings and where each came from; the secret is not shown."""
    with pytest.raises(ConfigurationError) as refused:
        resolve(environ={**_files(emulator, tmp_path), **changes})
    for part in says:
        assert part in str(refused.value)
    assert _SECRET not in str(refused.value)


def test_an_explicit_provider_is_not_disturbed_by_files(emulator: Emulator, tmp_path: Path) -> None:
    """Its own settings win over a file that the process names."""
    found = resolve(
        environ=_files(emulator, tmp_path),
        arguments={"environment_url": emulator.url, "client_id": _OTHER, "client_secret": "own"},
    )
    assert (found.get("client_id"), found.get("client_secret")) == (_OTHER, "own")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"AZURE_FEDERATED_TOKEN_FILE": ""}, "azure.workload.identity/use=true"),
        ({"ARM_CLIENT_ID": _OTHER}, "another one than that of the pod (AZURE_CLIENT_ID)"),
        ({"ARM_TENANT_ID": "fabrikam.com"}, "another one than that of the pod (AZURE_TENANT_ID)"),
        ({"ARM_USE_OIDC": "false"}, "contradict each other"),
        ({"ARM_USE_MSI": "true"}, "contradict each other"),
    ],
)
def test_pods_that_are_not_as_they_should_be(
    changes: dict[str, str], says: str, emulator: Emulator, tmp_path: Path
) -> None:
    """A pod without an identity, and settings that name another one."""
    with pytest.raises(ConfigurationError) as refused:
        resolve(environ={**_aks(emulator, tmp_path), **changes})
    assert says in str(refused.value)


@pytest.mark.parametrize("endpoint", ["http://attacker.example/token", "ftp://127.0.0.1/", "token"])
def test_endpoints_that_are_refused(endpoint: str, emulator: Emulator) -> None:
    """Plain http is for this machine and its link."""
    with pytest.raises(ConfigurationError, match="msi_endpoint"):
        resolve(environ=base(emulator, ARM_USE_MSI="true", ARM_MSI_ENDPOINT=endpoint))


def test_endpoint_that_does_not_answer(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told as such."""
    values = base(emulator, ARM_USE_MSI="true", ARM_CLIENT_ID=IDENTITY)
    nowhere = {**values, "ARM_MSI_ENDPOINT": "http://127.0.0.1:9/"}
    assert "managed identity endpoint does not answer" in str(failure_of(nowhere, monkeypatch))


@pytest.mark.parametrize(("name", "cloud"), [("gcc", "public"), ("dod", "usgovernment")])
def test_clouds_of_power_platform(name: str, cloud: str) -> None:
    """The names that its provider has for clouds."""
    url = {"public": "https://a.crm9.dynamics.com", "usgovernment": "https://a.crm.appsplatform.us"}
    environ = {"POWERAUTOMATE_ENVIRONMENT_URL": url[cloud], "POWER_PLATFORM_CLOUD": name}
    assert resolve(environ=environ).cloud.name == cloud


_LOOK = """
from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
try:
    DataverseClient(resolve()).identity.reach()
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


def test_a_mistake_of_ours_is_not_told_as_network_trouble(
    emulator: Emulator, tmp_path: Path
) -> None:
    """With a library that lacks what is called there is an internal error, and its place."""
    python = python_with("cryptography==41.0.7", own_packages=True)
    values = AUTH_METHODS["certificate-pem-file"](emulator, tmp_path)
    done = subprocess.run(
        [str(python), "-c", _LOOK], env={**os.environ, **values}, capture_output=True, text=True
    )
    assert "internal error (AttributeError at certificate.py:" in done.stdout, done
    assert "neither of the network nor of the settings" in done.stdout
    assert "HTTPS_PROXY" not in done.stdout

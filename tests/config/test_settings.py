"""Settings: which place wins, which way they ask for, and what contradicts what."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from pathlib import Path

import pytest

from pulumi_powerautomate.config import (
    AUTH_METHODS,
    SETTINGS,
    Connection,
    Setting,
    missing_credentials,
    resolve,
)
from pulumi_powerautomate.errors import ConfigurationError
from tests.harness.sign_in import program

_URL = "https://contoso.crm4.dynamics.com"
_GUID = "4a6f1c52-0000-4000-8000-0000000000c{}"


def _files(*contents: str) -> tuple[str, str, str]:
    folder = Path(tempfile.mkdtemp(prefix="settings-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for number, content in enumerate(contents):
        (folder / str(number)).write_text(f"{content}\n", "utf-8")
    first, second, third = (str(folder / str(number)) for number in range(3))
    return first, second, third


# Three values of each setting that are good, so that one can tell where the result came from.
_VALUES: dict[str, tuple[str, str, str]] = {
    "environment_url": (_URL, "https://b.crm4.dynamics.com", "https://c.crm4.dynamics.com"),
    "cloud": ("public", "AzureCloud", "PUBLIC"),
    "authority_host": (
        "https://login.microsoftonline.com",
        "https://login.windows.net",
        "https://localhost",
    ),
    "request_timeout": ("10", "20", "30"),
    "auth": ("client_secret", "oidc", "msi"),
    "token_cache": ("secure", "memory", "plaintext"),
    "oidc_request_url": ("https://a.example", "https://b.example", "https://c.example"),
    "tenant_id": ("a.example", "b.example", "c.example"),
    "client_id": (_GUID.format(1), _GUID.format(2), _GUID.format(3)),
    "client_id_file_path": _files(_GUID.format(1), _GUID.format(2), _GUID.format(3)),
    "client_secret_file_path": _files("one", "two", "three"),
    "msi_endpoint": ("http://localhost:1/t", "http://169.254.169.254/t", "https://c.example/t"),
}
_SWITCH = ("true", "1", "TRUE")


def _values(setting: Setting) -> tuple[str, str, str]:
    if setting.switch:
        return _SWITCH
    return _VALUES.get(setting.name, ("first", "second", "third"))


def _of(name: str, connection: Connection) -> str:
    return connection.environment_url if name == "environment_url" else connection.settings[name]


def resolved(**environ: str) -> Connection:
    """A connection from variables alone."""
    return resolve(environ={"POWERAUTOMATE_ENVIRONMENT_URL": _URL, **environ})


# What a pod of AKS has, without which one of the switches is an error.
_POD = {"AZURE_FEDERATED_TOKEN_FILE": "/var/run/token"}


@pytest.mark.parametrize("name", SETTINGS)
def test_precedence_of_places(name: str) -> None:
    """An argument wins; then the stack for *where* to connect, the variable for *as whom*."""
    setting = SETTINGS[name]
    argument, variable, stack = _values(setting)
    pod = _POD if name == "use_aks_workload_identity" else {}
    environ = {"POWERAUTOMATE_ENVIRONMENT_URL": _URL, setting.variables[0]: variable, **pod}
    config = {setting.key: stack}
    both = resolve(config, environ=environ)
    assert _of(name, both) == (stack if setting.kind == "where" else variable)
    assert both.origins[name].endswith(
        setting.key if setting.kind == "where" else setting.variables[0]
    )
    all_three = resolve(config, environ=environ, arguments={name: argument})
    assert _of(name, all_three) == argument
    assert "argument" in all_three.origins[name]


@pytest.mark.parametrize("name", [name for name in SETTINGS if SETTINGS[name].others])
def test_precedence_of_variables(name: str) -> None:
    """Our own variable wins over those of other tools, in the documented order."""
    setting = SETTINGS[name]
    values = _values(setting)
    pod = _POD if name == "use_aks_workload_identity" else {}
    environ = {"POWERAUTOMATE_ENVIRONMENT_URL": _URL, **pod}
    for variable, value in reversed(list(zip(setting.variables, (*values, *values), strict=False))):
        environ[variable] = value
        connection = resolve(environ=environ)
        assert _of(name, connection) == value
        assert connection.origins[name] == f"variable {variable}"


@pytest.mark.parametrize("name", SETTINGS)
def test_documented(name: str) -> None:
    """Every setting stands in the documentation with its key and its variables."""
    text = (Path(__file__).parents[2] / "sdk-docs" / "sign-in.md").read_text("utf-8")
    row = next((line for line in text.splitlines() if line.startswith(f"| `{name}` |")), "")
    assert f"`{SETTINGS[name].key.partition(':')[2]}`" in row, name
    for variable in SETTINGS[name].variables:
        assert f"`{variable}`" in row, variable


@pytest.mark.parametrize("switch", [name for name in SETTINGS if SETTINGS[name].switch])
def test_switches(switch: str) -> None:
    """True, false, 1 and 0 in any case; anything else is one line with the place."""
    variable = SETTINGS[switch].variables[-1]
    for text in ("true", "True", "1"):
        assert resolved(**_POD, **{variable: text}).is_on(switch)
    for text in ("false", "FALSE", "0"):
        assert not resolved(**{variable: text}).is_on(switch)
    with pytest.raises(ConfigurationError, match=f"{switch} is 'yes' .variable {variable}"):
        resolved(**{variable: "yes"})


@pytest.mark.parametrize(
    ("variables", "way"),
    [
        ({"ARM_CLIENT_SECRET": "s"}, "client_secret"),
        ({"ARM_CLIENT_CERTIFICATE_PATH": "/p"}, "client_certificate"),
        ({"ARM_CLIENT_CERTIFICATE": "p"}, "client_certificate"),
        ({"ARM_CLIENT_SECRET": "s", "ARM_USE_OIDC": "true"}, "oidc"),
        ({"AZURE_CLIENT_ID": _GUID.format(1), "AZURE_FEDERATED_TOKEN_FILE": "/f"}, "oidc"),
        (
            {"ARM_CLIENT_ID": _GUID.format(1), "ACTIONS_ID_TOKEN_REQUEST_URL": "https://g.example"},
            "oidc",
        ),
        ({"ARM_USE_MSI": "1"}, "msi"),
        ({"POWERAUTOMATE_ACCESS_TOKEN": "t", "ARM_CLIENT_SECRET": "s"}, "access_token"),
        ({"POWERAUTOMATE_AUTH": "device_code"}, "device_code"),
        ({"POWERAUTOMATE_AUTH": "cli", "ARM_CLIENT_SECRET": "s"}, "cli"),
        ({"POWERAUTOMATE_USE_BROWSER": "true"}, "browser"),
        ({"ARM_USE_OIDC": "false", "ARM_CLIENT_SECRET": "s"}, "client_secret"),
    ],
)
def test_the_way_that_settings_ask_for(variables: dict[str, str], way: str) -> None:
    """The wish comes first, then the settings that are there, in the order that azurerm uses."""
    assert resolved(**variables).auth_method == way


def test_hosting_service_and_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hosting service announces its identity; az and azd are found on PATH, or ruled out."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert resolved().auth_method == "client_secret"
    monkeypatch.setenv("PATH", program(tmp_path, "azd", ""))
    assert resolved().auth_method == "azd"
    program(tmp_path, "az", "")
    assert resolved().auth_method == "cli"
    assert resolved(ARM_USE_CLI="false").auth_method == "azd"
    # An application that lacks its secret is not replaced by whoever is signed in here.
    assert resolved(ARM_CLIENT_ID=_GUID.format(1)).auth_method == "client_secret"
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://localhost:1/msi")
    assert resolved().auth_method == "msi"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"ARM_USE_OIDC": "1", "ARM_USE_MSI": "1"}, ("use_oidc", "use_msi", "contradict")),
        ({"POWERAUTOMATE_AUTH": "cli", "ARM_USE_MSI": "1"}, ("auth=cli", "use_msi")),
        ({"POWERAUTOMATE_AUTH": "cli", "ARM_USE_CLI": "0"}, ("auth=cli", "use_cli")),
        ({"POWERAUTOMATE_AUTH": "password"}, ("'password'", "device_code")),
        (
            {"ARM_CLIENT_SECRET": "s", "ARM_CLIENT_CERTIFICATE_PATH": "/p"},
            ("client_certificate_path", "client_secret", "ARM_CLIENT_SECRET"),
        ),
        (
            {"ARM_CLIENT_CERTIFICATE": "c", "ARM_CLIENT_CERTIFICATE_PATH": "/p"},
            ("client_certificate ", "client_certificate_path"),
        ),
        (
            {"ARM_OIDC_TOKEN": "t", "ARM_OIDC_TOKEN_FILE_PATH": "/f"},
            ("oidc_token ", "oidc_token_file_path"),
        ),
        ({"ARM_ENVIRONMENT": "usgovernment"}, ("public cloud", "usgovernment", "ARM_ENVIRONMENT")),
        ({"AZURE_AUTHORITY_HOST": "login.microsoftonline.us"}, ("public", "AZURE_AUTHORITY_HOST")),
        ({"ARM_ENVIRONMENT": "mars"}, ("'mars'", "public, usgovernment, china")),
        ({"POWERAUTOMATE_AUTHORITY_HOST": "http://login.example"}, ("authority_host", "not https")),
        ({"ARM_OIDC_REQUEST_URL": "http://g.example/t"}, ("oidc_request_url", "not https")),
        ({"POWERAUTOMATE_TOKEN_CACHE": "disk"}, ("'disk'", "plaintext")),
        ({"ARM_CLIENT_ID": "me"}, ("client_id 'me'", "GUID")),
        ({"ARM_TENANT_ID": "a/b"}, ("tenant_id 'a/b'",)),
        ({"POWERAUTOMATE_REQUEST_TIMEOUT": "soon"}, ("request_timeout is 'soon'",)),
    ],
)
def test_contradictions(variables: dict[str, str], says: tuple[str, ...]) -> None:
    """Both sides are named, with the place each came from, on one line and without a secret."""
    with pytest.raises(ConfigurationError) as refused:
        resolved(**variables)
    for part in says:
        assert part in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"POWERAUTOMATE_AUTH": "client_secret"}, ["tenant_id", "client_id", "client_secret"]),
        ({"POWERAUTOMATE_AUTH": "client_certificate"}, ["client_certificate_path"]),
        ({"ARM_USE_OIDC": "1"}, ["ARM_OIDC_TOKEN_FILE_PATH"]),
        (
            {"ARM_USE_OIDC": "1", "ARM_OIDC_REQUEST_URL": "https://g.example"},
            ["oidc_request_token"],
        ),
        ({"POWERAUTOMATE_AUTH": "access_token"}, ["access_token"]),
    ],
)
def test_missing(variables: dict[str, str], missing: list[str]) -> None:
    """Each missing setting is one line with the variable and the command that set it."""
    lines = missing_credentials(resolved(**variables))
    for name in missing:
        assert any(name in line for line in lines), lines
    assert all(re.search(r"POWERAUTOMATE_|ARM_", line) for line in lines)


@pytest.mark.parametrize(
    ("url", "cloud", "authority"),
    [
        (_URL, "public", "https://login.microsoftonline.com"),
        ("https://agency.crm9.dynamics.com", "public", "https://login.microsoftonline.com"),
        (
            "https://agency.crm.microsoftdynamics.us",
            "usgovernment",
            "https://login.microsoftonline.us",
        ),
        ("https://agency.crm.appsplatform.us", "usgovernment", "https://login.microsoftonline.us"),
        ("https://firm.crm.dynamics.cn", "china", "https://login.chinacloudapi.cn"),
    ],
)
def test_clouds(url: str, cloud: str, authority: str) -> None:
    """The host tells the cloud: GCC is public, GCC High and DoD are the US government's."""
    connection = resolve(environ={"POWERAUTOMATE_ENVIRONMENT_URL": url})
    assert (connection.cloud.name, connection.authority_host) == (cloud, authority)


def test_explicit_provider_is_not_disturbed_by_variables() -> None:
    """Settings of one provider do not compete with the process's environment."""
    rest = {"environment_url": _URL, "client_id": _GUID.format(1), "tenant_id": "a.example"}
    environ = {"ARM_USE_OIDC": "true", "ARM_CLIENT_CERTIFICATE_PATH": "/p"}
    for argument, way in (
        ({"client_secret": "s"}, "client_secret"),
        ({"client_certificate": "c"}, "client_certificate"),
        ({"access_token": "t"}, "access_token"),
        ({"use_msi": "True"}, "msi"),
        ({"auth": "cli"}, "cli"),
    ):
        assert resolve(environ=environ, arguments={**rest, **argument}).auth_method == way
    assert resolve(environ=environ, arguments=rest).auth_method == "oidc"


def test_secrets_are_not_shown() -> None:
    """The text of a connection has none of its settings."""
    secrets = {
        variable: f"canary-{name}"
        for name, setting in SETTINGS.items()
        if setting.secret and name not in ("client_certificate", "client_secret")
        for variable in setting.variables
    }
    assert "canary" not in repr(resolved(**secrets))


def test_every_way_is_named() -> None:
    """`auth` knows each way, and each switch is a setting."""
    assert all(switch in SETTINGS for switch in AUTH_METHODS.values() if switch)

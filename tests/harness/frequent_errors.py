"""
The twenty sign-in errors that people meet most, each produced for real.

The documentation lists the same twenty, by these names
(`tests/documentation/test_sign_in_page.py` compares).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from pulumi_powerautomate.emulator import Emulator
from tests.harness.sign_in import (
    APPLICATION,
    AUTH_METHODS,
    PASSWORD,
    SUBJECT,
    base,
    certificate,
    pfx,
    principal,
    program,
)

_NOBODY = "99999999-9999-4999-8999-999999999999"
_ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Case:
    """
    One error.

    Attributes:
        prepare: brings it about and returns the variables.
        says: what the line has to name: the setting, and what to do.
    """

    prepare: Callable[[Emulator, Path], dict[str, str]]
    says: tuple[str, ...]


def _changed(**changes: str) -> Callable[[Emulator, Path], dict[str, str]]:
    def prepare(emulator: Emulator, folder: Path) -> dict[str, str]:
        return {**AUTH_METHODS["client-secret"](emulator, folder), **changes}

    return prepare


def _expired_secret(emulator: Emulator, folder: Path) -> dict[str, str]:
    emulator.control.sign_in.application(
        APPLICATION, secrets=[{"value": "an-old-secret", "expires_in": -60}]
    )
    return principal(emulator, ARM_CLIENT_SECRET="an-old-secret")


def _disabled(emulator: Emulator, folder: Path) -> dict[str, str]:
    emulator.control.sign_in.application(APPLICATION, secrets=["a-secret"], enabled=False)
    return principal(emulator, ARM_CLIENT_SECRET="a-secret")


def _unregistered_certificate(emulator: Emulator, folder: Path) -> dict[str, str]:
    values = AUTH_METHODS["certificate-pfx-file"](emulator, folder)
    Path(values["ARM_CLIENT_CERTIFICATE_PATH"]).write_bytes(pfx(certificate()))
    return values


def _expired_certificate(emulator: Emulator, folder: Path) -> dict[str, str]:
    old = certificate(days=-1, start=-30)
    registered = old.public_bytes(Encoding.PEM).decode()
    emulator.control.sign_in.application(APPLICATION, certificates=[registered])
    file = folder / "old.pfx"
    file.write_bytes(pfx(old))
    return principal(emulator, ARM_CLIENT_CERTIFICATE_PATH=str(file))


def _wrong_password(emulator: Emulator, folder: Path) -> dict[str, str]:
    values = AUTH_METHODS["certificate-pfx-file-password"](emulator, folder)
    return {**values, "ARM_CLIENT_CERTIFICATE_PASSWORD": f"not-{PASSWORD}"}


def _federated(
    subject: str = SUBJECT, **token: object
) -> Callable[[Emulator, Path], dict[str, str]]:
    def prepare(emulator: Emulator, folder: Path) -> dict[str, str]:
        emulator.control.sign_in.application(
            APPLICATION, federated_credentials=[{"issuer": _ISSUER, "subject": SUBJECT}]
        )
        given = {"issuer": _ISSUER, **token}
        assertion = emulator.control.sign_in.workload_token(subject, **given)
        return principal(emulator, ARM_USE_OIDC="1", ARM_OIDC_TOKEN=assertion)

    return prepare


def _refusing(
    number: int, way: str = "client-secret"
) -> Callable[[Emulator, Path], dict[str, str]]:
    def prepare(emulator: Emulator, folder: Path) -> dict[str, str]:
        values = AUTH_METHODS[way](emulator, folder)
        emulator.control.sign_in.refuse(number, times=5)
        return values

    return prepare


def _unknown_environment(emulator: Emulator, folder: Path) -> dict[str, str]:
    values = AUTH_METHODS["client-secret"](emulator, folder)
    emulator.control.switches(resources="registered")
    # The same server by another name: an environment that the tenant does not know.
    url = emulator.url.replace("127.0.0.1", "localhost")
    return {**values, "POWERAUTOMATE_ENVIRONMENT_URL": url}


def _no_application_user(emulator: Emulator, folder: Path) -> dict[str, str]:
    emulator.control.sign_in.application(APPLICATION, secrets=["a-secret"], member=False)
    return principal(emulator, ARM_CLIENT_SECRET="a-secret")


def _challenged(emulator: Emulator, folder: Path) -> dict[str, str]:
    values = AUTH_METHODS["client-secret"](emulator, folder)
    challenge = {"access_token": {"acrs": {"essential": True, "value": "c1"}}}
    emulator.control.sign_in.policies(challenge=challenge)
    return values


def _blocked(emulator: Emulator, folder: Path) -> dict[str, str]:
    values = AUTH_METHODS["client-secret"](emulator, folder)
    emulator.control.sign_in.policies(block=True)
    return values


def _nobody_at_az(emulator: Emulator, folder: Path) -> dict[str, str]:
    text = """
        import sys
        sys.exit("ERROR: Please run 'az login' to setup account.")
    """
    return base(emulator, PATH=program(folder / "tools", "az", text), ARM_USE_CLI="true")


def _no_az(emulator: Emulator, folder: Path) -> dict[str, str]:
    return base(emulator, PATH=str(folder), ARM_USE_CLI="true")


FREQUENT: Mapping[str, Case] = {
    "AADSTS7000215": Case(
        _changed(ARM_CLIENT_SECRET="not-that-one"), ("client_secret", "value, not its id")
    ),
    "AADSTS7000222": Case(
        _expired_secret, ("client_secret has expired", "create a new one", "--run-program")
    ),
    "AADSTS90002": Case(_changed(ARM_TENANT_ID=_NOBODY), ("tenant_id", _NOBODY)),
    "AADSTS700016": Case(_changed(ARM_CLIENT_ID=_NOBODY), ("client_id", "tenant_id")),
    "AADSTS7000112": Case(_disabled, ("client_id is disabled", "enable")),
    "AADSTS700027": Case(_unregistered_certificate, ("client_certificate_path", "upload")),
    "certificate expired": Case(_expired_certificate, ("expired on", "create a new one")),
    "certificate password": Case(_wrong_password, ("password is wrong", "client_certificate_pass")),
    "AADSTS700211": Case(_federated(issuer="https://elsewhere.example"), ("issuer", "correct")),
    "AADSTS700213": Case(_federated(subject="repo:other/repo"), ("subject", "repository")),
    "AADSTS700212": Case(_federated(audience="api://other"), ("audience", "correct")),
    "AADSTS700024": Case(_federated(expires_in=-3600), ("outside its time", "clock")),
    "AADSTS500011": Case(_unknown_environment, ("environment_url is not known", "tenant_id")),
    "AADSTS65001": Case(_refusing(65001, "browser"), ("consent", "user_impersonation")),
    "AADSTS50076": Case(_refusing(50076, "device-code"), ("Multi-factor", "device_code")),
    "AADSTS53003": Case(_blocked, ("Conditional access", "Exempt")),
    "0x80072560": Case(_no_application_user, ("application user", "security role")),
    "claims challenge": Case(_challenged, ("claims challenge", "Exempt the identity")),
    "az login": Case(_nobody_at_az, ("nobody is signed in", "az login")),
    "az missing": Case(_no_az, ("not on PATH", "set auth to another way")),
}

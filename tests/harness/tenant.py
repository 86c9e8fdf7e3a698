"""The tenant of an emulator, spoken to by `msal` and plainly."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import jwt
import msal
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from pulumi_powerautomate.emulator import Emulator

ROBOT = "77777777-7777-4777-8777-777777777777"
PUBLIC = "51f81489-12ee-4a9e-aaae-a2591f45987d"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def session(emulator: Emulator) -> requests.Session:
    """A client for HTTP that trusts the emulator."""
    made = requests.Session()
    made.trust_env = False
    made.verify = emulator.environment["POWERAUTOMATE_CA_BUNDLE"]
    return made


def authority(emulator: Emulator) -> str:
    """The tenant's authority."""
    values = emulator.environment
    return f"{values['POWERAUTOMATE_AUTHORITY_HOST']}/{values['POWERAUTOMATE_TENANT_ID']}"


def confidential(emulator: Emulator, credential: Any, client_id: str = ROBOT) -> Any:
    """A confidential client of `msal`."""
    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=authority(emulator),
        instance_discovery=False,
        http_client=session(emulator),
    )


def public(emulator: Emulator, **more: Any) -> Any:
    """A public client of `msal`."""
    return msal.PublicClientApplication(
        PUBLIC,
        authority=authority(emulator),
        instance_discovery=False,
        http_client=session(emulator),
        **more,
    )


def ask(emulator: Emulator, form: Mapping[str, Any], **arguments: Any) -> requests.Response:
    """A plain request for a token."""
    url = f"{authority(emulator)}/oauth2/v2.0/token"
    return session(emulator).post(url, data=form, timeout=30, **arguments)


def instances(
    emulator: Emulator, token: str, below: str = "Instances", **query: str
) -> requests.Response:
    """Ask the discovery service."""
    root = emulator.environment["POWERAUTOMATE_DISCOVERY_HOST"]
    return session(emulator).get(
        f"{root}/api/discovery/v2.0/{below}",
        params={f"${name}": value for name, value in query.items()},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )


def person_token(emulator: Emulator, resource: str, user: str = "alice@contoso.com") -> str:
    """A token of a person, by a device code that is approved at once."""
    device = start_device(emulator, resource)
    emulator.control.sign_in.approve(device["user_code"], user)
    return str(poll(emulator, device)["access_token"])


def start_device(emulator: Emulator, resource: str = "") -> dict[str, Any]:
    """A device asks for a code."""
    scope = f"{resource or emulator.url}/user_impersonation openid profile offline_access"
    url = f"{authority(emulator)}/oauth2/v2.0/devicecode"
    form = {"client_id": PUBLIC, "scope": scope}
    return dict(session(emulator).post(url, data=form, timeout=30).json())


def poll(emulator: Emulator, device: dict[str, Any]) -> dict[str, Any]:
    """The device asks whether somebody has signed in."""
    form = {"grant_type": DEVICE, "client_id": PUBLIC, "device_code": device["device_code"]}
    return dict(ask(emulator, form).json())


def application_form(emulator: Emulator, resource: str) -> dict[str, str]:
    """A client credentials request of the application that comes with the emulator."""
    return {
        "grant_type": "client_credentials",
        "client_id": emulator.environment["POWERAUTOMATE_CLIENT_ID"],
        "client_secret": emulator.environment["POWERAUTOMATE_CLIENT_SECRET"],
        "scope": f"{resource}/.default",
    }


def assertion_form(emulator: Emulator, assertion: str, client_id: str = ROBOT) -> dict[str, str]:
    """A client credentials request with an assertion."""
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": f"{emulator.url}/.default",
    }


def claims(token: str) -> dict[str, Any]:
    """The claims of a token."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


@dataclass
class KeyPair:
    """A private key with a certificate over it."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def public_pem(self) -> str:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def private_pem(self) -> str:
        """The key, not encrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    def thumbprint(self, algorithm: hashes.HashAlgorithm) -> str:
        """A thumbprint as a header carries it."""
        digest = self.certificate.fingerprint(algorithm)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def assertion(
        self, emulator: Emulator, headers: Mapping[str, Any] | None = None, **changes: Any
    ) -> str:
        """A signed assertion; a change to None leaves a claim out."""
        now = int(time.time())
        payload = {
            "aud": f"{authority(emulator)}/oauth2/v2.0/token",
            "iss": ROBOT,
            "sub": ROBOT,
            "jti": str(uuid.uuid4()),
            "nbf": now,
            "exp": now + 600,
            **changes,
        }
        given = {"x5t#S256": self.thumbprint(hashes.SHA256())} if headers is None else headers
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, self.key, algorithm="PS256", headers=dict(given))


def key_pair(days: int = 30, start: int = -1) -> KeyPair:
    """A new key with a self-signed certificate that is good from `start` for some days."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "robot")])
    first = datetime.now(timezone.utc) + timedelta(days=start)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(first + timedelta(days=days))
    )
    return KeyPair(key, builder.sign(key, hashes.SHA256()))


def segment(value: Any) -> str:
    """A part of a token."""
    text = json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")

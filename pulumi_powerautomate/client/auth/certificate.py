"""
The certificate of an app registration: PEM or PKCS#12 (PFX), from a file or as a value.

Whatever is wrong with it is said here, in one line and before any request; `msal` would raise what
its libraries happen to raise.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ...config import Connection
from ...errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_LARGEST_FILE = 1024 * 1024
_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


def load_certificate(connection: Connection) -> dict[str, str]:
    """The credential as `msal` takes it: private key and certificate chain, both PEM."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    data, where = _content(connection)
    password = connection.get("client_certificate_password")
    secret = password.encode() if password else None
    if b"-----BEGIN" in data:
        key, certificates = _from_pem(data, secret, where)
    else:
        key, certificates = _from_pkcs12(data, secret, where)
    _check_kind(key, where)
    chain = _leaf_first(key, certificates, where)
    _check_time(chain[0], where)
    return {
        "private_key": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
        "public_certificate": "".join(
            certificate.public_bytes(Encoding.PEM).decode() for certificate in chain
        ),
    }


def _content(connection: Connection) -> tuple[bytes, str]:
    """The bytes, and how messages name them."""
    path = connection.get("client_certificate_path")
    if path:
        where = f"client_certificate_path: {path} ({connection.origins['client_certificate_path']})"
        try:
            with open(path, "rb") as file:
                data = file.read(_LARGEST_FILE + 1)
        except OSError as error:
            raise ConfigurationError(f"{where} cannot be read ({error.strerror}).") from None
        if not data or len(data) > _LARGEST_FILE:
            raise ConfigurationError(f"{where} is not a certificate.")
        return data, where
    value = connection.require("client_certificate")
    where = f"client_certificate ({connection.origins['client_certificate']})"
    if "-----BEGIN" in value:
        # A variable may have lost its line breaks to a literal backslash-n.
        return value.replace("\\n", "\n").encode(), where
    try:
        return base64.b64decode("".join(value.split()), validate=True), where
    except (binascii.Error, ValueError):
        raise ConfigurationError(
            f"{where} is neither PEM nor base64; encode the PFX file with `base64 -w0 FILE`."
        ) from None


def _from_pem(data: bytes, secret: bytes | None, where: str) -> tuple[Any, list[Certificate]]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = _KEY.search(data)
    if found is None:
        raise ConfigurationError(f"{where} has no private key; put key and certificate in it.")
    encrypted = b"ENCRYPTED" in found.group(0)
    try:
        key = load_pem_private_key(found.group(0), secret if encrypted else None)
    except TypeError:
        raise ConfigurationError(
            f"{where} is protected: client_certificate_password is missing."
        ) from None
    except Exception:
        reason = (
            "the password is wrong (client_certificate_password)"
            if encrypted
            else ("its private key cannot be read")
        )
        raise ConfigurationError(f"{where}: {reason}.") from None
    try:
        certificates = x509.load_pem_x509_certificates(data)
    except ValueError:
        certificates = []
    return key, list(certificates)


def _from_pkcs12(data: bytes, secret: bytes | None, where: str) -> tuple[Any, list[Certificate]]:
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    try:
        key, certificate, more = load_key_and_certificates(data, secret)
    except Exception as error:
        if "password" in str(error).lower():
            remedy = "is wrong" if secret else "is missing"
            raise ConfigurationError(
                f"{where}: its password {remedy} (client_certificate_password)."
            ) from None
        raise ConfigurationError(f"{where} is neither PEM nor PKCS#12 (PFX).") from None
    if key is None:
        raise ConfigurationError(f"{where} has no private key; export it with its key.")
    return key, [item for item in (certificate, *more) if item is not None]


def _check_kind(key: Any, where: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{where}: Entra takes RSA keys only; create one with RSA.")


def _leaf_first(key: Any, certificates: list[Certificate], where: str) -> list[Certificate]:
    mine = key.public_key()
    leaf = next((one for one in certificates if one.public_key() == mine), None)
    if leaf is None:
        raise ConfigurationError(f"{where} has no certificate that fits its private key.")
    return [leaf, *(one for one in certificates if one is not leaf)]


def _check_time(certificate: Certificate, where: str) -> None:
    now = datetime.now(timezone.utc)
    if certificate.not_valid_after_utc < now:
        raise ConfigurationError(
            f"{where} expired on {certificate.not_valid_after_utc:%Y-%m-%d}; create a new one and "
            "add it to the app registration."
        )
    if certificate.not_valid_before_utc > now:
        raise ConfigurationError(
            f"{where} is valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC only; "
            "check this machine's clock."
        )

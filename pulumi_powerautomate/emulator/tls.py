"""A certificate authority for this machine, made anew at each start."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass
class Certificates:
    """
    The authority's certificate, which clients trust, what the servers present, and its SHA-1 name.
    """

    bundle: Path
    server: ssl.SSLContext
    thumbprint: str


def certificates(folder: Path, host: str) -> Certificates:
    """Make an authority and a certificate for `host` and the loopback; write what clients need."""
    authority = trustme.CA()
    names = dict.fromkeys([host, "localhost", "127.0.0.1", "::1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = authority.issue_cert(*names)
    leaf.configure_cert(context)
    presented = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    bundle = folder / "emulator-ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return Certificates(bundle, context, hashlib.sha1(presented).hexdigest())

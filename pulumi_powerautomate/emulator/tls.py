"""A certificate authority for this machine, made anew at each start."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass
class Certificates:
    """The authority's certificate, which clients trust, and what the servers present."""

    bundle: Path
    server: ssl.SSLContext


def certificates(folder: Path, host: str) -> Certificates:
    """Make an authority and a certificate for `host` and the loopback; write what clients need."""
    authority = trustme.CA()
    names = dict.fromkeys([host, "localhost", "127.0.0.1", "::1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    bundle = folder / "emulator-ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return Certificates(bundle, context)

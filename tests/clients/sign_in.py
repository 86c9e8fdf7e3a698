"""Signing in with `azure-identity` and `msal`, unpatched, and calling the API with the token."""

from __future__ import annotations

import json
import os
import urllib.request
from functools import partial
from ssl import create_default_context
from typing import Any

import msal
from azure.identity import ClientSecretCredential

from tests.clients.official import attempt

URL = os.environ["POWERAUTOMATE_ENVIRONMENT_URL"]
TENANT = os.environ["POWERAUTOMATE_TENANT_ID"]
CLIENT_ID = os.environ["POWERAUTOMATE_CLIENT_ID"]
SECRET = os.environ["POWERAUTOMATE_CLIENT_SECRET"]
AUTHORITY = os.environ["POWERAUTOMATE_AUTHORITY_HOST"]
BUNDLE = os.environ["POWERAUTOMATE_CA_BUNDLE"]


def user_of(token: str) -> str:
    """WhoAmI with a token."""
    request = urllib.request.Request(
        f"{URL}/api/data/v9.2/WhoAmI", headers={"Authorization": f"Bearer {token}"}
    )
    context = create_default_context(cafile=BUNDLE)
    with urllib.request.urlopen(request, context=context, timeout=30) as response:
        return str(json.load(response)["UserId"])


def credential(tenant: str) -> ClientSecretCredential:
    """An application's credential."""
    return ClientSecretCredential(
        tenant, CLIENT_ID, SECRET, authority=AUTHORITY, disable_instance_discovery=True,
        connection_verify=BUNDLE,
    )  # fmt: skip


def application(secret: str) -> msal.ConfidentialClientApplication:
    """An application, as msal knows it."""
    return msal.ConfidentialClientApplication(
        CLIENT_ID, secret, authority=f"{AUTHORITY}/{TENANT}", instance_discovery=False,
        verify=BUNDLE,
    )  # fmt: skip


def is_user(found: Any) -> bool:
    """Whether it is the id of a user."""
    return len(str(found)) == 36


def signed_in(tenant: str, scope: str) -> str:
    """The user of a token that `azure-identity` gets."""
    return user_of(credential(tenant).get_token(scope).token)


def main() -> None:
    """Every way that needs nobody at a browser."""
    for tenant in (TENANT, "contoso.onmicrosoft.com"):
        for scope in (f"{URL}/.default", f"{URL}//.default"):
            name = f"azure-identity {'id' if tenant == TENANT else 'name'} {scope.count('//')}"
            attempt(
                name,
                partial(signed_in, tenant, scope),
                is_user,
            )
    attempt(
        "msal client secret",
        lambda: user_of(
            application(SECRET).acquire_token_for_client([f"{URL}/.default"])["access_token"]
        ),
        is_user,
    )
    attempt(
        "msal wrong secret",
        lambda: application("wrong").acquire_token_for_client([f"{URL}/.default"]),
        lambda found: "AADSTS7000215" in found["error_description"],
    )
    attempt(
        "msal device flow",
        lambda: msal.PublicClientApplication(
            CLIENT_ID,
            authority=f"{AUTHORITY}/{TENANT}",
            instance_discovery=False,
            verify=BUNDLE,
        ).initiate_device_flow([f"{URL}/.default"]),
        lambda found: "user_code" in found,
    )


if __name__ == "__main__":
    main()

"""A person who signs in: with a code on another device, or in the browser of this machine."""

from __future__ import annotations

from typing import Any

from ...config import Connection
from ...errors import AuthenticationError
from .credential import Grant, TokenHttp
from .error_responses import granted
from .prompt import ask
from .token_cache import token_cache

# The public client that the Dataverse documentation offers for trying things out; an organisation
# that does not allow it sets client_id to a registration of its own.
DEVELOPMENT_CLIENT = "51f81489-12ee-4a9e-aaae-a2591f45987d"
_ANY_TENANT = "organizations"
_BROWSER_SECONDS = 300


class PersonCredential:
    """The device code flow, or the authorization code flow with a browser."""

    def __init__(self, connection: Connection, http: TokenHttp) -> None:
        self._connection = connection
        self._http = http
        self._kept: Any = None

    def fetch(self, audience: str, *, renew: bool) -> Grant:
        """A token from an earlier sign-in when there is one, else from a new one."""
        import msal

        if self._kept is None:
            self._kept = token_cache(self._connection)
        application = msal.PublicClientApplication(
            self._connection.get("client_id") or DEVELOPMENT_CLIENT,
            authority=f"{self._connection.authority_host}/"
            + (self._connection.get("tenant_id") or _ANY_TENANT),
            instance_discovery=False,
            http_client=self._http,
            token_cache=self._kept,
        )
        scopes = [f"{audience}/user_impersonation"]
        result = self._silently(application, scopes, renew)
        if result is None:
            sign_in = (
                self._by_code if self._connection.auth_method == "device_code" else self._by_browser
            )
            result = sign_in(application, scopes)
        return granted(result, audience)

    @staticmethod
    def _silently(application: Any, scopes: list[str], renew: bool) -> Any:
        for account in application.get_accounts():
            result = application.acquire_token_silent(scopes, account, force_refresh=renew)
            if result and "access_token" in result:
                return result
        return None

    @staticmethod
    def _by_code(application: Any, scopes: list[str]) -> Any:
        flow = application.initiate_device_flow(scopes)
        if "user_code" not in flow:
            return flow
        ask(
            f"To sign in to Dataverse, open {flow.get('verification_uri')} and enter the code "
            f"{flow['user_code']}."
        )
        return application.acquire_token_by_device_flow(flow)

    @staticmethod
    def _by_browser(application: Any, scopes: list[str]) -> Any:
        try:
            return application.acquire_token_interactive(
                scopes,
                timeout=_BROWSER_SECONDS,
                prompt="select_account",
                on_before_launching_ui=lambda **_: ask(
                    "Sign in to Dataverse in the browser that opens now."
                ),
            )
        except RuntimeError:
            raise AuthenticationError(
                "Sign-in: the browser did not come back in time; run the command again, or set "
                "auth to device_code."
            ) from None

"""From a path of the sign-in host to its handler, and to the entry of the request log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .. import seed
from ..clock import Clock
from ..responses import Response
from ..switches import Switches
from . import scopes
from .assertions import Assertions
from .browser import Browser
from .conditional_access import ConditionalAccess, requested_claims
from .credentials import APPIDACR, Credentials
from .device_code import GRANT as DEVICE_GRANT
from .device_code import DeviceCodes
from .directory import Application, Directory, User
from .managed_identity import ManagedIdentities
from .refusals import SignInRefusal, json_response, refuse
from .request import SignInRequest
from .tokens import Token, Tokens, client_info
from .workloads import Workloads

# Endpoints that give out tokens for a resource.
_GIVERS = frozenset({"token", "imds", "app_service", "arc", "service_fabric", "machine_learning",
                     "cloud_shell"})  # fmt: skip
_FOR_PEOPLE = frozenset({"common", "organizations"})
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*")


class Entra:
    """One tenant."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self.directory = Directory(clock)
        self.tokens = Tokens(clock)
        self.workloads = Workloads(clock)
        self.devices = DeviceCodes(clock, lambda: switches["device_slow_down"] == "on")
        self.browser = Browser(clock)
        self.policies = ConditionalAccess()
        self.identities = ManagedIdentities(clock, self.directory, self.tokens)
        self.identities.shell_user = lambda: self.signed_in
        assertions = Assertions(clock, self.directory, self.workloads)
        self.credentials = Credentials(clock, self.directory, assertions)
        self.requests: list[dict[str, Any]] = []
        self.signed_in: User | None = None
        self._base = ""
        self.reset()

    @property
    def base(self) -> str:
        """The origin of the sign-in host."""
        return self._base

    @base.setter
    def base(self, base: str) -> None:
        self._base = self.workloads.base = base

    def reset(self) -> None:
        """Only what comes with the emulator, and no token. Alice sits at the browser."""
        for part in (self.directory, self.tokens, self.workloads, self.devices, self.browser,
                     self.policies, self.identities):  # fmt: skip
            part.reset()
        self.requests.clear()
        self.signed_in = self.directory.user("alice@contoso.com")

    def handle(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Answer a request to the sign-in host."""
        request = SignInRequest(method, path, query, headers, body)
        request.note.update({"endpoint": "", "method": method, "tenant": ""})
        try:
            response = self._response(request)
        except SignInRefusal as error:
            request.note["refused"] = error.number
            response = error.response(self._clock, self.base)
        if request.note["endpoint"]:
            self.requests.append({**request.note, "status": response.status})
        return response

    def token_requests(self) -> list[dict[str, Any]]:
        """Requests for a token of a resource."""
        return [request for request in self.requests if request["endpoint"] in _GIVERS]

    def caller(self, bearer: str) -> Token | None:
        """The token of a bearer, when it is valid."""
        return self.tokens.good(bearer)

    def _response(self, request: SignInRequest) -> Response:
        for part in (self.workloads, self.identities):
            response = part.handle(request)
            if response is not None:
                return response
        parts = request.parts
        if parts[:2] == ["common", "discovery"] and parts[2:] == ["instance"]:
            return self._instances()
        tenant, rest = (parts[0] if parts else ""), parts[1:]
        request.note["tenant"] = tenant
        routes = {
            ("GET", ".well-known/openid-configuration"): self._configuration,
            ("GET", "v2.0/.well-known/openid-configuration"): self._configuration,
            ("GET", "discovery/keys"): self._keys,
            ("GET", "discovery/v2.0/keys"): self._keys,
            ("GET", "oauth2/v2.0/authorize"): self._authorize,
            ("POST", "oauth2/v2.0/devicecode"): self._device_code,
            ("POST", "oauth2/v2.0/token"): self._token,
            ("POST", "oauth2/token"): self._token,
        }
        route = routes.get((request.method, "/".join(rest)))
        if route is None:
            body = {"error": "not_found", "error_description": f"No {request.path} here."}
            return json_response(404, body)
        request.note["endpoint"] = rest[-1]
        _check_tenant(tenant)
        return route(request)

    def _configuration(self, request: SignInRequest) -> Response:
        root = f"{self.base}/{request.parts[0]}"
        return json_response(
            200,
            {
                "issuer": f"{self.base}/{seed.TENANT}/v2.0",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "response_modes_supported": ["query", "form_post"],
                "response_types_supported": ["code"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            },
        )

    def _keys(self, _request: SignInRequest) -> Response:
        return json_response(200, self.tokens.key.jwks())

    def _instances(self) -> Response:
        host = self.base.partition("://")[2]
        return json_response(
            200,
            {
                "tenant_discovery_endpoint": f"{self.base}/{seed.TENANT}/v2.0/"
                ".well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
                ],
            },
        )

    def _authorize(self, request: SignInRequest) -> Response:
        client_id = request.query.get("client_id", "")
        request.note["client_id"] = client_id
        return self.browser.authorize(request, self.credentials.find(client_id), self.signed_in)

    def _device_code(self, request: SignInRequest) -> Response:
        client_id = request.require("client_id")
        request.note["client_id"] = client_id
        self.credentials.find(client_id)
        scopes.for_user(request.require("scope"))
        return self.devices.start(request, self.base)

    def _token(self, request: SignInRequest) -> Response:
        grant = request.require("grant_type")
        request.note.update({"client_id": request.form.get("client_id", ""), "grant_type": grant})
        grants = {
            "client_credentials": self._for_application,
            "authorization_code": self._by_code,
            "refresh_token": self._by_refreshing,
            DEVICE_GRANT: self._by_device,
        }
        if grant not in grants:
            raise refuse(70003, grant_type=grant)
        self.policies.check_request(request.form.get("client_id", ""))
        application, credential = self.credentials.authenticate(request, self.base)
        claims = requested_claims(request.form.get("claims", ""))
        request.note["claims"] = claims
        return json_response(200, grants[grant](request, application, credential, claims))

    def _for_application(
        self,
        request: SignInRequest,
        application: Application,
        credential: str,
        claims: dict[str, Any],
    ) -> dict[str, Any]:
        if application.public:
            raise refuse(7000216)
        if request.parts[0].lower() in _FOR_PEOPLE:
            raise refuse(50059)
        resource = scopes.for_application(request)
        self._check_resource(request, resource)
        self.policies.check_token(resource, person=False, browser=False)
        return self.tokens.for_application(application, resource, APPIDACR[credential], claims)

    def _by_code(
        self, request: SignInRequest, application: Application, _way: str, claims: dict[str, Any]
    ) -> dict[str, Any]:
        user, scope, nonce = self.browser.redeem(request, application.client_id)
        wanted = scopes.for_user(scope)
        return self._for_user(request, application, user, wanted, claims, nonce, browser=True)

    def _by_device(
        self, request: SignInRequest, application: Application, _way: str, claims: dict[str, Any]
    ) -> dict[str, Any]:
        code = request.require("device_code")
        user, scope = self.devices.redeem(application.client_id, code)
        wanted = scopes.for_user(scope)
        return self._for_user(request, application, user, wanted, claims, None)

    def _by_refreshing(
        self, request: SignInRequest, application: Application, _way: str, claims: dict[str, Any]
    ) -> dict[str, Any]:
        token = self.tokens.refresh.get(request.require("refresh_token"))
        if token is None or token.client_id != application.client_id:
            raise refuse(70000)
        if token.revoked:
            raise refuse(50173)
        if token.expires <= self._clock.now():
            raise refuse(700082, issued=int(token.issued))
        user = self.directory.users[token.user_id]
        wanted = scopes.for_user(request.require("scope"))
        return self._for_user(request, application, user, wanted, claims, None)

    def _for_user(
        self,
        request: SignInRequest,
        application: Application,
        user: User,
        wanted: scopes.Scopes,
        claims: dict[str, Any],
        nonce: str | None,
        *,
        browser: bool = False,
    ) -> dict[str, Any]:
        if not user.enabled:
            raise refuse(50057)
        self._check_resource(request, wanted.resource)
        self.policies.check_token(wanted.resource, person=True, browser=browser)
        response = self.tokens.for_user(application, user, wanted.resource, claims)
        response["scope"] = wanted.granted
        if "offline_access" in wanted.openid:
            response["refresh_token"] = self.tokens.for_refreshing(
                application.client_id, user.object_id
            )
        if "openid" in wanted.openid:
            response["id_token"] = self.tokens.identifying(
                self.base, application.client_id, user, nonce
            )
        if request.form.get("client_info") == "1":
            response["client_info"] = client_info(user)
        return response

    def _check_resource(self, request: SignInRequest, resource: str) -> None:
        request.note["resource"] = resource
        known = self.directory.resources | self.directory.served
        if self._switches["resources"] == "registered" and resource not in known:
            raise refuse(500011, resource=resource)


def _check_tenant(tenant: str) -> None:
    if tenant.lower() in _FOR_PEOPLE or tenant.lower() in seed.TENANT_NAMES:
        return
    raise refuse(90002 if _TENANT.fullmatch(tenant) else 900023, tenant=tenant)

"""
Token endpoints of managed identities, as the machines of Azure offer them.

Sources: "How to use managed identities on an Azure VM to acquire an access token" (IMDS), "REST
endpoint reference" of App Service, "Authenticate against Azure resources with Azure Arc-enabled
servers", "Access token acquisition" of Service Fabric; Machine Learning and Cloud Shell have no
such page and follow what the Azure SDKs send and read.
"""

from __future__ import annotations

import secrets
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..clock import Clock
from ..responses import Response, ServiceError
from .directory import Directory, ManagedIdentity, User
from .refusals import json_response
from .request import SignInRequest
from .tokens import Tokens

IMDS_PATH = "/metadata/identity/oauth2/token"
_ARC_PATH = "/arc/metadata/identity/oauth2/token"
_FABRIC_PATH = "/fabric/metadata/identity/oauth2/token"
_APP_SERVICE_PATH = "/appservice/msi/token"
_LEARNING_PATH = "/machinelearning/msi/token"
_SHELL_PATH = "/oauth2/token"

# How an identity is named in the query, by what it is named by.
_NAMES = {
    "client_id": "client_id",
    "clientid": "client_id",
    "object_id": "object_id",
    "principal_id": "object_id",
    "msi_res_id": "resource_id",
    "mi_res_id": "resource_id",
}


class _Unknown(Exception):
    """No such identity on this machine."""


class ManagedIdentities:
    """The endpoints."""

    def __init__(self, clock: Clock, directory: Directory, tokens: Tokens) -> None:
        self._clock = clock
        self._directory = directory
        self._tokens = tokens
        self._header = secrets.token_urlsafe(24)
        self._folder: Path | None = None
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        self._challenges: dict[str, Path] = {}
        self.shell_user: Callable[[], User | None] = lambda: None
        self.thumbprint = ""

    def reset(self) -> None:
        """Forget challenges."""
        for path in self._challenges.values():
            path.unlink(missing_ok=True)
        self._challenges.clear()

    def machine(self, kind: str, url: str, base: str, options: Mapping[str, Any]) -> dict[str, str]:
        """The variables that a process finds on such a machine."""
        if kind == "arc" and options.get("folder"):
            self._folder = Path(str(options["folder"]))
        kinds = {
            "imds": {"AZURE_POD_IDENTITY_AUTHORITY_HOST": url},
            "app_service": {
                "IDENTITY_ENDPOINT": url + _APP_SERVICE_PATH,
                "IDENTITY_HEADER": self._header,
            },
            "arc": {"IDENTITY_ENDPOINT": url + _ARC_PATH, "IMDS_ENDPOINT": url},
            "service_fabric": {
                "IDENTITY_ENDPOINT": base + _FABRIC_PATH,
                "IDENTITY_HEADER": self._header,
                "IDENTITY_SERVER_THUMBPRINT": self.thumbprint,
            },
            "machine_learning": {
                "MSI_ENDPOINT": url + _LEARNING_PATH,
                "MSI_SECRET": self._header,
            },
            "cloud_shell": {"MSI_ENDPOINT": url + _SHELL_PATH},
        }
        if kind not in kinds:
            raise ServiceError(400, "", f"No machine {kind!r}; there are {', '.join(kinds)}.")
        return kinds[kind]

    def handle(self, request: SignInRequest) -> Response | None:
        """Answer a request for a token; None when the path is none of theirs."""
        endpoints: dict[tuple[str, str], tuple[str, Callable[[SignInRequest], Response]]] = {
            ("GET", IMDS_PATH): ("imds", self._imds),
            ("GET", _APP_SERVICE_PATH): ("app_service", self._app_service),
            ("GET", _ARC_PATH): ("arc", self._arc),
            ("GET", _FABRIC_PATH): ("service_fabric", self._fabric),
            ("GET", _LEARNING_PATH): ("machine_learning", self._learning),
            ("POST", _SHELL_PATH): ("cloud_shell", self._shell),
        }
        found = endpoints.get((request.method, request.path))
        if found is None:
            return None
        name, response = found
        request.note["endpoint"] = name
        request.note["resource"] = request.query.get("resource", "")
        return response(request)

    def _imds(self, request: SignInRequest) -> Response:
        error = _metadata_refusal(request)
        return error or self._instance_token(request)

    def _instance_token(self, request: SignInRequest) -> Response:
        """The response of IMDS with a token; the agent of Azure Arc responds like it."""
        if not request.query.get("api-version"):
            text = "Bad request. api-version was not specified in the request."
            return json_response(400, {"error": text, "newest-versions": ["2021-12-13"]})
        if not request.query.get("resource"):
            return _oauth(400, "invalid_request", "Required audience parameter not specified")
        try:
            identity = self._identity(request)
        except _Unknown as unknown:
            return _oauth(400, "invalid_request", str(unknown))
        return json_response(200, self._token(identity, request.query["resource"], "expires_in"))

    def _arc(self, request: SignInRequest) -> Response:
        """First a file that only a local administrator can read, then its content."""
        error = _metadata_refusal(request)
        if error is not None:
            return error
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return self._arc_challenge()
        path = self._challenges.pop(key, None)
        if path is None:
            return _oauth(401, "unauthorized_client", "The challenge key is not valid.")
        path.unlink(missing_ok=True)
        return self._instance_token(request)

    def _arc_challenge(self) -> Response:
        if self._folder is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="powerautomate-arc-")
            self._folder = Path(self._own_folder.name)
        key = secrets.token_hex(32)
        path = self._folder / f"{uuid.uuid4()}.key"
        path.write_text(key, "utf-8")
        path.chmod(0o600)
        self._challenges[key] = path
        response = _oauth(401, "unauthorized_client", "Missing Basic Authorization header")
        response.headers["WWW-Authenticate"] = f"Basic realm={path}"
        return response

    def _app_service(self, request: SignInRequest) -> Response:
        if not secrets.compare_digest(
            request.headers.get("x-identity-header", "").encode(), self._header.encode()
        ):
            return _app_service_refusal(401, "The X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") not in ("2019-08-01", "2020-06-01"):
            return _app_service_refusal(400, "Invalid api-version.")
        if not request.query.get("resource"):
            return _app_service_refusal(400, "The resource parameter is missing.")
        try:
            identity = self._identity(request)
        except _Unknown:
            named = any(name in request.query for name in _NAMES)
            return _app_service_refusal(
                400,
                "No User Assigned or Delegated Managed Identity found for specified "
                "ClientId/ResourceId/PrincipalId."
                if named
                else "Unable to load the proper Managed Identity.",
            )
        return json_response(200, self._token(identity, request.query["resource"], "expires_on"))

    def _learning(self, request: SignInRequest) -> Response:
        if not secrets.compare_digest(
            request.headers.get("secret", "").encode(), self._header.encode()
        ):
            return json_response(
                401, {"error": {"code": "Unauthorized", "message": "Wrong secret"}}
            )
        if request.query.get("api-version") != "2017-09-01" or "client_id" in request.query:
            message = "api-version has to be 2017-09-01, which names an identity by clientid."
            return json_response(400, {"error": {"code": "BadRequest", "message": message}})
        try:
            identity = self._identity(request)
        except _Unknown as unknown:
            return json_response(400, {"error": {"code": "BadRequest", "message": str(unknown)}})
        return json_response(
            200, self._token(identity, request.query.get("resource", ""), "expires_on")
        )

    def _fabric(self, request: SignInRequest) -> Response:
        if not secrets.compare_digest(
            request.headers.get("secret", "").encode(), self._header.encode()
        ):
            return _fabric_refusal(404, "SecretHeaderNotFound", "Secret is not found in headers.")
        if not request.query.get("resource"):
            return _fabric_refusal(400, "ArgumentNullOrEmpty", "'resource' should not be empty.")
        identities = self._directory.identities
        if not identities:
            return _fabric_refusal(404, "ManagedIdentityNotFound", "Managed identity not found.")
        # Which identity a service has is configured in the cluster, never asked for.
        return json_response(
            200, self._token(identities[0], request.query["resource"], "expires_on")
        )

    def _shell(self, request: SignInRequest) -> Response:
        """The person who is signed in to the portal."""
        user = self.shell_user()
        if request.headers.get("metadata", "").lower() != "true":
            return _shell_refusal("Required metadata header not specified")
        resource = request.form.get("resource", "")
        request.note["resource"] = resource
        if not resource or user is None:
            return _shell_refusal("Audience is not a supported MSI token audience.")
        application = self._directory.applications["04b07795-8ddb-461a-bbee-02f9e1bf7b46"]
        issued = self._tokens.for_user(application, user, resource.rstrip("/"), {})
        return json_response(200, self._shaped(issued, resource, "expires_in"))

    def _identity(self, request: SignInRequest) -> ManagedIdentity:
        """The identity that is asked for; without a name the machine's own, or its only one."""
        identities = self._directory.identities
        named = {name: request.query[name] for name in _NAMES if name in request.query}
        if named:
            for name, value in named.items():
                for identity in identities:
                    if str(getattr(identity, _NAMES[name])).lower() == value.lower():
                        return identity
            raise _Unknown("Identity not found")
        system = [identity for identity in identities if identity.system_assigned]
        if system or len(identities) == 1:
            return (system or identities)[0]
        if identities:
            raise _Unknown(
                "Multiple user assigned identities exist, please specify the clientId / "
                "resourceId of the identity in the token request"
            )
        raise _Unknown("Identity not found")

    def _token(self, identity: ManagedIdentity, resource: str, life: str) -> dict[str, Any]:
        issued = self._tokens.for_identity(
            identity.client_id, identity.object_id, resource.rstrip("/")
        )
        more = {"client_id": identity.client_id, "object_id": identity.object_id}
        if identity.resource_id:
            more["msi_res_id"] = identity.resource_id
        return {**self._shaped(issued, resource, life), **more}

    def _shaped(self, issued: Mapping[str, Any], resource: str, life: str) -> dict[str, Any]:
        """These endpoints write numbers as texts, and an end by their own clock."""
        now = int(self._clock.now())
        seconds = int(issued["expires_in"])
        shaped = {
            "access_token": issued["access_token"],
            "expires_on": str(now + seconds),
            "not_before": str(now),
            "resource": resource,
            "token_type": "Bearer",
        }
        if life == "expires_in":
            shaped |= {"expires_in": str(seconds), "ext_expires_in": str(seconds)}
        return shaped


def _metadata_refusal(request: SignInRequest) -> Response | None:
    """Reject requests of a page in a browser or of a careless proxy."""
    if request.headers.get("metadata", "").lower() != "true":
        return _oauth(400, "bad_request_102", "Required metadata header not specified")
    if "x-forwarded-for" in request.headers:
        return _oauth(400, "invalid_request", "Proxied requests are not allowed")
    return None


def _oauth(status: int, error: str, text: str) -> Response:
    return json_response(status, {"error": error, "error_description": text})


def _app_service_refusal(status: int, message: str) -> Response:
    return json_response(
        status,
        {"statusCode": status, "message": message, "correlationId": str(uuid.uuid4())},
    )


def _fabric_refusal(status: int, code: str, message: str) -> Response:
    error = {"correlationId": str(uuid.uuid4()), "code": code, "message": message}
    return json_response(status, {"error": error})


def _shell_refusal(message: str) -> Response:
    return json_response(400, {"error": {"code": "invalid_request", "message": message}})

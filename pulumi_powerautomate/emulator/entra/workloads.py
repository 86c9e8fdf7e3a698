"""
Where workloads get the tokens that stand in for a secret: pipelines and an issuer of the
emulator's own.

GitHub Actions: "OpenID Connect reference" (`ACTIONS_ID_TOKEN_REQUEST_URL`). Azure DevOps:
"Oidctoken - Create" and the `System.OidcRequestUri` variable.
"""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from .. import seed
from ..clock import Clock
from ..responses import Response, ServiceError
from .directory import EXCHANGE_AUDIENCE, known
from .refusals import json_response
from .request import SignInRequest
from .tokens import SigningKey

GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
DEVOPS_ORGANIZATION = "0e6a3b61-0000-4000-8000-0000000000d0"
DEVOPS_ISSUER = f"https://vstoken.dev.azure.com/{DEVOPS_ORGANIZATION}"
_DEVOPS_VERSIONS = ("7.1", "7.1-preview", "7.1-preview.1", "7.2-preview", "7.2-preview.1")
_DEVOPS_PATH = "contoso/flows/_apis/distributedtask/hubs/build/plans/{plan}/jobs/{job}/oidctoken"


class Workloads:
    """Issuers of workload tokens. They share one key, which is not the tenant's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._key = SigningKey()
        self.base = ""
        # What a job may ask with: the bearer, and the subject its tokens get.
        self._github: dict[str, str] = {}
        self._devops: dict[str, dict[str, str]] = {}

    def reset(self) -> None:
        """No job is running."""
        self._github.clear()
        self._devops.clear()

    @property
    def issuer(self) -> str:
        """The emulator's own issuer."""
        return f"{self.base}/oidc"

    def keys(self, issuer: str) -> dict[str, Any] | None:
        """The keys of an issuer that is served here."""
        here = (GITHUB_ISSUER, DEVOPS_ISSUER, self.issuer)
        return self._key.jwks() if issuer in here else None

    def mint(self, options: dict[str, Any]) -> str:
        """A token as wished: `issuer`, `subject`, `audience`, `expires_in`, other `claims`."""
        known(options, ("issuer", "subject", "audience", "expires_in", "not_before", "claims"))
        now = int(self._clock.now())
        return self._key.sign(
            {
                "iss": options.get("issuer") or self.issuer,
                "sub": options["subject"],
                "aud": options.get("audience") or EXCHANGE_AUDIENCE,
                "iat": now,
                "nbf": now + int(options.get("not_before", 0)),
                "exp": now + int(options.get("expires_in", 600)),
                "jti": str(uuid.uuid4()),
                **options.get("claims", {}),
            }
        )

    def job(self, kind: str, options: dict[str, Any]) -> dict[str, str]:
        """Start a job of a pipeline; returns the variables it finds in its environment."""
        bearer = secrets.token_urlsafe(24)
        if kind == "github":
            known(options, ("subject",))
            self._github[bearer] = str(options["subject"])
            return {
                "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.base}/oidc/github/idtoken/"
                f"{uuid.uuid4()}?api-version=2.0",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": bearer,
            }
        if kind != "azure_devops":
            raise ServiceError(400, "", f"No pipeline {kind!r}; there are github and azure_devops.")
        known(options, ("connections",))
        self._devops[bearer] = {str(key): str(sub) for key, sub in options["connections"].items()}
        path = _DEVOPS_PATH.format(plan=uuid.uuid4(), job=uuid.uuid4())
        return {
            "SYSTEM_OIDCREQUESTURI": f"{self.base}/{path}",
            "SYSTEM_ACCESSTOKEN": bearer,
        }

    def handle(self, request: SignInRequest) -> Response | None:
        """Answer what is asked of an issuer or a pipeline; None when the path is not theirs."""
        if request.parts == ["oidc", ".well-known", "openid-configuration"]:
            return self._configuration()
        if request.parts == ["oidc", "jwks"]:
            return json_response(200, self._key.jwks())
        if request.parts[:3] == ["oidc", "github", "idtoken"]:
            request.note["endpoint"] = "github"
            return self._github_token(request)
        if request.parts[-1:] == ["oidctoken"]:
            request.note["endpoint"] = "azure_devops"
            return self._devops_token(request)
        return None

    def _configuration(self) -> Response:
        return json_response(
            200,
            {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/jwks",
                "subject_types_supported": ["public"],
                "response_types_supported": ["id_token"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf"],
                "scopes_supported": ["openid"],
            },
        )

    def _github_token(self, request: SignInRequest) -> Response:
        if request.method != "GET":
            return json_response(405, {"message": "Method Not Allowed"})
        subject = self._github.get(_bearer(request))
        if subject is None:
            return json_response(401, {"message": "Unauthorized"})
        owner = subject.partition(":")[2].partition("/")[0]
        audience = request.query.get("audience") or f"https://github.com/{owner}"
        claims = {"repository_owner": owner, "ref": "refs/heads/main", "runner_environment": "self"}
        options = {
            "issuer": GITHUB_ISSUER,
            "subject": subject,
            "audience": audience,
            "claims": claims,
        }
        value = self.mint(options)
        return json_response(200, {"count": len(value), "value": value})

    def _devops_token(self, request: SignInRequest) -> Response:
        if request.method != "POST":
            message = "The requested resource does not support http method 'GET'."
            return json_response(405, {"message": message})
        connections = self._devops.get(_bearer(request))
        if connections is None:
            return json_response(401, {"message": "TF400813: The user is not authorized."})
        version = request.query.get("api-version", "")
        if version not in _DEVOPS_VERSIONS:
            message = (
                "No api-version was supplied for the request."
                if not version
                else f"The requested REST API version of {version} is out of range for this server."
            )
            return json_response(400, {"message": message, "typeKey": "VssVersionNotSpecified"})
        connection = request.query.get("serviceConnectionId", "")
        if connection not in connections:
            message = f"Service connection '{connection}' was not found or may not be used."
            return json_response(404, {"message": message, "typeKey": "EndpointNotFoundException"})
        claims = {"org_id": DEVOPS_ORGANIZATION, "tid": seed.TENANT}
        options = {"issuer": DEVOPS_ISSUER, "subject": connections[connection], "claims": claims}
        return json_response(200, {"oidcToken": self.mint(options)})


def _bearer(request: SignInRequest) -> str:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    return value if kind.lower() == "bearer" else ""

"""The directory of the tenant: applications with their credentials, people, identities."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from .. import seed
from ..clock import Clock
from ..responses import ServiceError

EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"

# Public clients that every tenant knows: the sample application of the Dataverse documentation,
# and the Azure CLI.
PUBLIC_CLIENTS = {
    "51f81489-12ee-4a9e-aaae-a2591f45987d": "Dynamics 365 Example Client Application",
    "04b07795-8ddb-461a-bbee-02f9e1bf7b46": "Microsoft Azure CLI",
}


@dataclass
class Secret:
    """A client secret; `expires` is a time of the emulator's clock."""

    value: str
    expires: float = float("inf")


@dataclass
class Certificate:
    """A registered certificate."""

    loaded: x509.Certificate

    @property
    def sha1(self) -> bytes:
        """The thumbprint that `x5t` carries."""
        return self.loaded.fingerprint(hashes.SHA1())

    @property
    def sha256(self) -> bytes:
        """The thumbprint that `x5t#S256` carries."""
        return self.loaded.fingerprint(hashes.SHA256())


@dataclass(frozen=True)
class FederatedCredential:
    """Whose tokens an application accepts instead of a secret."""

    issuer: str
    subject: str
    audience: str = EXCHANGE_AUDIENCE


@dataclass
class Application:
    """A registered application and its service principal."""

    client_id: str
    name: str = ""
    secrets: list[Secret] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    public: bool = False
    enabled: bool = True

    @property
    def object_id(self) -> str:
        """The object id of the service principal."""
        return str(uuid.uuid5(uuid.UUID(seed.TENANT), self.client_id))


@dataclass
class User:
    """A person who can sign in."""

    object_id: str
    username: str
    name: str
    enabled: bool = True


@dataclass
class ManagedIdentity:
    """An identity of the machine that asks; at most one is system assigned."""

    client_id: str
    object_id: str
    resource_id: str = ""
    system_assigned: bool = False


class Directory:
    """The tenant's register."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.applications: dict[str, Application] = {}
        self.users: dict[str, User] = {}
        self.identities: list[ManagedIdentity] = []
        self.resources: set[str] = set()
        # What the emulator itself serves; a reset does not take it away.
        self.served: set[str] = set()
        # Keys of issuers outside the emulator, by issuer: JWK sets.
        self.issuers: dict[str, Any] = {}
        self.reset()

    def reset(self) -> None:
        """Only what comes with the emulator."""
        deploy = Application(seed.CLIENT, "pulumi-deploy", [Secret(seed.CLIENT_SECRET)])
        self.applications = {seed.CLIENT: deploy}
        for client_id, name in PUBLIC_CLIENTS.items():
            self.applications[client_id] = Application(client_id, name, public=True)
        self.users = {}
        for row in seed.rows()["systemusers"]:
            if "applicationid" not in row:
                self._add_user(
                    {
                        "username": row["domainname"],
                        "name": row["fullname"],
                        "object_id": row["azureactivedirectoryobjectid"],
                    }
                )
        self.identities = []
        self.resources = set()
        self.issuers = {}

    def register(self, document: Mapping[str, Any]) -> None:
        """Add what a document describes; what is there already is added to."""
        adders: Mapping[str, Callable[[Any], None]] = {
            "applications": self._add_application,
            "users": self._add_user,
            "managed_identities": self._add_identity,
            "issuers": self._add_issuer,
            "resources": self._add_resource,
        }
        known(document, adders)
        for kind, add in adders.items():
            for item in document.get(kind, []):
                add(item)

    def user(self, name: str) -> User | None:
        """A person, by user name or object id."""
        wanted = name.lower()
        found = (user for user in self.users.values() if user.username.lower() == wanted)
        return self.users.get(wanted) or next(found, None)

    def _add_application(self, item: Mapping[str, Any]) -> None:
        known(
            item,
            ("client_id", "name", "secrets", "certificates", "federated_credentials", "roles",
             "public", "enabled", "member"),
        )  # fmt: skip
        client_id = _guid(item, "client_id")
        application = self.applications.setdefault(client_id, Application(client_id, client_id))
        application.name = str(item.get("name", application.name))
        application.public = bool(item.get("public", application.public))
        application.enabled = bool(item.get("enabled", application.enabled))
        application.roles += [str(role) for role in item.get("roles", [])]
        application.secrets += [self._secret(value) for value in item.get("secrets", [])]
        application.certificates += [_certificate(pem) for pem in item.get("certificates", [])]
        for credential in item.get("federated_credentials", []):
            known(credential, ("issuer", "subject", "audience"))
            application.federated.append(FederatedCredential(**credential))

    def _secret(self, value: Any) -> Secret:
        """A text, or `{"value": …, "expires_in": seconds}`."""
        if isinstance(value, str):
            return Secret(value)
        known(value, ("value", "expires_in"))
        return Secret(value["value"], self._clock.now() + float(value["expires_in"]))

    def _add_user(self, item: Mapping[str, Any]) -> None:
        known(item, ("username", "name", "object_id", "enabled", "member"))
        object_id = _guid(item, "object_id")
        username = str(item["username"])
        self.users[object_id] = User(
            object_id, username, str(item.get("name", username)), bool(item.get("enabled", True))
        )

    def _add_identity(self, item: Mapping[str, Any]) -> None:
        known(item, ("client_id", "object_id", "resource_id", "system_assigned", "member"))
        client_id = _guid(item, "client_id")
        object_id = str(
            item.get("object_id") or uuid.uuid5(uuid.UUID(seed.TENANT), "identity " + client_id)
        )
        system = bool(item.get("system_assigned", False))
        if system and any(identity.system_assigned for identity in self.identities):
            raise ServiceError(400, "", "There is a system-assigned identity already.")
        self.identities.append(
            ManagedIdentity(client_id, object_id, str(item.get("resource_id", "")), system)
        )

    def _add_resource(self, url: Any) -> None:
        self.resources.add(str(url).rstrip("/"))

    def _add_issuer(self, item: Mapping[str, Any]) -> None:
        known(item, ("issuer", "jwks"))
        self.issuers[str(item["issuer"])] = item["jwks"]


def known(item: Any, names: Any) -> None:
    """A misspelt member would make a test pass for nothing."""
    if not isinstance(item, Mapping):
        raise ServiceError(400, "", f"{item!r} is not an object with {', '.join(names)}.")
    unknown = sorted(set(item) - set(names))
    if unknown:
        raise ServiceError(400, "", f"Unknown {unknown}; known are {', '.join(names)}.")


def _guid(item: Mapping[str, Any], name: str) -> str:
    try:
        return str(uuid.UUID(str(item.get(name, ""))))
    except ValueError:
        raise ServiceError(400, "", f"{name} is {item.get(name)!r}, which is not a GUID.") from None


def _certificate(pem: Any) -> Certificate:
    try:
        return Certificate(x509.load_pem_x509_certificate(str(pem).encode()))
    except ValueError:
        raise ServiceError(400, "", "A certificate is not PEM.") from None

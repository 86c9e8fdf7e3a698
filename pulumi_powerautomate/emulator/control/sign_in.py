"""Changes to the tenant of a running emulator: `emulator.control.sign_in`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Call = Callable[[str, str, Any], Any]


class SignIn:
    """The tenant: who is registered, who sits at the browser, what is demanded of whom."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def register(self, **document: Sequence[Mapping[str, Any] | str]) -> None:
        """
        Register by hand what the methods below do not cover: `applications`, `users`,
        `managed_identities`, `issuers` (`{"issuer": …, "jwks": …}`), `resources` (URLs that tokens
        are given for when the switch `resources` is `registered`).
        """
        self._call("POST", "sign-in/register", document)

    def application(self, client_id: str, **properties: Any) -> None:
        """
        Register an application, or add to one.

        Args:
            client_id: its GUID.
            properties: `name`; `secrets`, texts or `{"value": …, "expires_in": seconds}`;
                `certificates`, PEM texts; `federated_credentials`, each `issuer`, `subject` and
                `audience` (`api://AzureADTokenExchange` by default); `roles`, names that its
                tokens carry; `public`, without any credential; `enabled`; `member`, whether the
                environment has an application user for it (true by default).
        """
        self.register(applications=[{"client_id": client_id, **properties}])

    def user(self, username: str, object_id: str, **properties: Any) -> None:
        """Register a person: `name`, `enabled`, `member`. Alice, Bob, Carol and Dan are there."""
        self.register(users=[{"username": username, "object_id": object_id, **properties}])

    def managed_identity(self, client_id: str, **properties: Any) -> None:
        """
        Give the machine an identity: `object_id`, `resource_id`, `system_assigned` (false by
        default), `member`.
        """
        self.register(managed_identities=[{"client_id": client_id, **properties}])

    def machine(self, kind: str, folder: str | Path | None = None) -> dict[str, str]:
        """
        The environment variables of a machine with managed identities.

        Args:
            kind: `imds`, `app_service`, `arc`, `service_fabric`, `machine_learning` or
                `cloud_shell`.
            folder: where Azure Arc leaves the files of its challenge; a temporary one by default.
        """
        options = {"folder": str(folder)} if folder else {}
        return dict(self._call("POST", f"sign-in/machines/{kind}", options))

    def github_job(self, subject: str) -> dict[str, str]:
        """
        The environment variables of a GitHub Actions job that may ask for an id token with this
        subject, such as `repo:contoso/flows:ref:refs/heads/main`.
        """
        return dict(self._call("POST", "sign-in/jobs/github", {"subject": subject}))

    def devops_job(self, connections: Mapping[str, str]) -> dict[str, str]:
        """
        The environment variables of an Azure DevOps job that may use these service connections:
        the subject of their tokens, such as `sc://contoso/flows/dev`, by their id.
        """
        options = {"connections": dict(connections)}
        return dict(self._call("POST", "sign-in/jobs/azure_devops", options))

    def workload_token(self, subject: str, **properties: Any) -> str:
        """
        A token of the emulator's issuer, as a file would hold it: `issuer`, `audience`,
        `expires_in` and `not_before` (seconds from now), other `claims`.
        """
        options = {"subject": subject, **properties}
        return str(self._call("POST", "sign-in/workload-token", options)["token"])

    def devices(self) -> list[dict[str, Any]]:
        """Devices that wait for somebody to type their `user_code` in."""
        return list(self._call("GET", "sign-in/devices", None))

    def device_interval(self, seconds: int) -> None:
        """How many seconds new devices have to wait between two questions; 5 by default."""
        self._call("POST", "sign-in/devices", {"interval": seconds})

    def approve(self, user_code: str, user: str = "alice@contoso.com") -> None:
        """Somebody types a device's code in and signs in."""
        self._call("POST", "sign-in/devices", {"user_code": user_code, "user": user})

    def decline(self, user_code: str) -> None:
        """Somebody types a device's code in and declines."""
        self._call("POST", "sign-in/devices", {"user_code": user_code, "user": None})

    def browser_user(self, user: str | None) -> None:
        """Who sits at the browser and agrees; None for somebody who declines. Alice at first."""
        self._call("POST", "sign-in/browser", {"user": user})

    def policies(self, **options: Any) -> None:
        """
        Demand more: `block=True` refuses every token (AADSTS53003), `mfa=True` those of people
        who do not come with a browser (AADSTS50076); `challenge={"access_token": {…}}` lets the
        API reject tokens that were requested without these claims: 401 `insufficient_claims`.
        """
        self._call("POST", "sign-in/policies", options)

    def refuse(self, number: int, times: int = 1) -> None:
        """Answer the next requests for a token with an AADSTS number the emulator knows."""
        self._call("POST", "sign-in/policies", {"refuse": number, "times": times})

    def requests(self) -> list[dict[str, Any]]:
        """
        Everything that was asked when signing in: `endpoint`, `tenant`, `client_id`,
        `grant_type`, `credential`, `resource`, `claims`, `status`, `refused` (the AADSTS number).
        """
        return list(self._call("GET", "sign-in/requests", None))

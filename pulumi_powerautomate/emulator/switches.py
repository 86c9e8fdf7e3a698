"""
The questions that the documentation leaves open, each a switch with the answer thought likelier.

A test that depends on one of them runs with both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .responses import ServiceError

# name: (allowed values, or a type for any value of it; default; what it decides)
SWITCHES: Mapping[str, tuple[Any, Any, str]] = {
    "client_chosen_id": (("accept", "ignore", "refuse"), "accept", "a workflowid in a POST"),
    "patch_upsert_creates": (("on", "off"), "on", "PATCH of a row that is not there creates it"),
    "active_clientdata": (
        ("accept", "reject"),
        "accept",
        "PATCH of the definition of a flow that is on",
    ),
    "draft_blocks_update": (
        ("definition", "any", "none"),
        "definition",
        "which PATCH of a flow is refused while it has a draft",
    ),
    "turning_off_opens_draft": (("off", "on"), "off", "turning a flow off leaves a draft"),
    "grant_existing": (("or", "replace"), "or", "GrantAccess where a share exists"),
    "modify_without_share": (
        ("create", "refuse"),
        "create",
        "ModifyAccess where no share exists",
    ),
    "revoke_without_share": (
        ("succeed", "refuse"),
        "succeed",
        "RevokeAccess where no share exists",
    ),
    "user_privileges": (
        ("direct", "with_teams"),
        "direct",
        "whether RetrieveUserPrivileges includes those of the user's teams",
    ),
    "unknown_segment_code": (
        ("0x80060888", "0x8006088a"),
        "0x80060888",
        "code of 404 for a name in the path that nobody knows",
    ),
    "batch_failure_status": (
        ("part", "200"),
        "part",
        "status of a batch that stops at a part that fails",
    ),
    "content_type": (
        ("required", "any"),
        "required",
        "whether a body needs the content type application/json",
    ),
    "activation_failure_status": ((400, 403), 400, "status of a refused activation"),
    "managed_delete_error": (
        ("0x8004F01F", "0x80040228", "0x8004F026"),
        "0x8004F01F",
        "code of a refused deletion of a managed flow",
    ),
    "max_request_bytes": (int, 128 * 1024 * 1024, "largest request body"),
    "unknown_principal": ((404, 400), 404, "status of GrantAccess for nobody"),
    "optimistic_concurrency": (("on", "off"), "on", "If-Match with a version on workflows"),
    "normalise_clientdata": (
        ("none", "designer", "alphabetical"),
        "none",
        "how the stored definition differs from the one sent",
    ),
    "connections": (("open", "registered"), "open", "which connection ids exist"),
    "import_seconds": (float, 1.0, "how long an import, upgrade, uninstall or export takes"),
    "import_lock": (
        ("start", "job"),
        "start",
        "whether a second import is refused when it starts, or fails as a job",
    ),
    "required_solutions": (
        ("open", "registered"),
        "open",
        "whether solutions that a package needs and the emulator does not have count as missing",
    ),
    "max_solution_bytes": (int, 0, "largest solution package; 0 for no limit"),
    "resources": (
        ("open", "registered"),
        "open",
        "whether a token is given for any resource, or only for registered ones",
    ),
    "device_slow_down": (
        ("on", "off"),
        "on",
        "whether a device that asks too often is told slow_down, as the standard has it",
    ),
    "discovery_for_applications": (
        ("empty", "refuse"),
        "empty",
        "what the discovery service answers to an application, which is not a person",
    ),
    "flow_runs": (("on", "absent"), "on", "whether runs are kept in the table flowruns"),
    "strict_tokens": (("off", "on"), "off", "whether the developer token is refused"),
    "read_lag_seconds": (float, 0.0, "how long a write stays invisible to reads"),
    "fresh_environment_403_seconds": (float, 0.0, "how long a new environment refuses"),
    "limits": (("off", "on"), "off", "service protection limits"),
}


class Switches:
    """The switches of one emulator."""

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        self._values = {name: default for name, (_, default, _) in SWITCHES.items()}
        self.set(given or {})
        self._initial = dict(self._values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def as_dict(self) -> dict[str, Any]:
        """All switches with their values."""
        return dict(self._values)

    def reset(self) -> None:
        """Back to what the emulator was started with."""
        self._values = dict(self._initial)

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change switches; an unknown name or value is refused."""
        for name, value in changes.items():
            if name not in SWITCHES:
                raise ServiceError(400, "", f"No switch {name!r}; there are {', '.join(SWITCHES)}.")
            self._values[name] = _parsed(name, value)


def _parsed(name: str, value: Any) -> Any:
    allowed, _, _ = SWITCHES[name]
    if isinstance(allowed, type):
        try:
            return allowed(value)
        except (TypeError, ValueError):
            raise ServiceError(400, "", f"Switch {name} takes a number, not {value!r}.") from None
    for choice in allowed:
        if str(choice) == str(value):
            return choice
    raise ServiceError(400, "", f"Switch {name} takes {allowed}, not {value!r}.")

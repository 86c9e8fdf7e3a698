"""The sign-in of a developer's tools: the Azure CLI (`az`) and the Azure Developer CLI (`azd`)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...config import Connection
from ...errors import AuthenticationError, ConfigurationError, one_line
from .credential import Grant
from .error_responses import REMEDIES

_SECONDS = 60.0


@dataclass(frozen=True)
class _Tool:
    """A program that hands out tokens, and how it speaks."""

    program: str
    title: str
    sign_in: str
    token: str
    not_signed_in: tuple[str, ...]


_TOOLS = {
    "cli": _Tool(
        "az",
        "the Azure CLI",
        "az login",
        "accessToken",
        ("az login", "az account set", "no subscription found", "refresh token has expired"),
    ),
    "azd": _Tool(
        "azd",
        "the Azure Developer CLI",
        "azd auth login",
        "token",
        ("azd auth login", "not logged in"),
    ),
}


class ToolCredential:
    """A token of the person who signed in with `az login` or `azd auth login`."""

    def __init__(self, connection: Connection) -> None:
        self._tool = _TOOLS[connection.auth_method]
        self._tenant = connection.get("tenant_id")

    def fetch(self, audience: str, *, renew: bool) -> Grant:
        """A token from the program; see `Credential`."""
        response = self._run(self._arguments(audience))
        token = response.get(self._tool.token)
        if not isinstance(token, str) or not token:
            raise AuthenticationError(
                f"Sign-in: `{self._tool.program}` answered without a token; bring it up to date."
            )
        return Grant(token, _seconds_left(response))

    def _arguments(self, audience: str) -> list[str]:
        if self._tool.program == "az":
            arguments = ["account", "get-access-token", "--output", "json", "--resource", audience]
            return arguments + (["--tenant", self._tenant] if self._tenant else [])
        arguments = ["auth", "token", "--output", "json", "--scope", f"{audience}/.default"]
        return arguments + (["--tenant-id", self._tenant] if self._tenant else [])

    def _run(self, arguments: Sequence[str]) -> dict[str, Any]:
        tool = self._tool
        program = shutil.which(tool.program)
        if program is None:
            raise ConfigurationError(
                f"Sign-in: {tool.title} ({tool.program}) is not on PATH; install it and run "
                f"`{tool.sign_in}`, or set auth to another way."
            )
        try:
            done = subprocess.run(
                [program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise AuthenticationError(
                f"Sign-in: `{tool.program}` did not answer within {_SECONDS:.0f} s; run "
                f"`{tool.sign_in}` in a terminal."
            ) from None
        except OSError as error:
            raise ConfigurationError(
                f"Sign-in: {program} cannot be run ({error.strerror})."
            ) from None
        if done.returncode != 0:
            raise self._refused(done.stderr.decode("utf-8", "replace"))
        try:
            response = json.loads(done.stdout)
        except (ValueError, RecursionError):
            response = None
        if not isinstance(response, dict):
            raise AuthenticationError(f"Sign-in: `{tool.program}` did not answer with JSON.")
        return response

    def _refused(self, complaint: str) -> AuthenticationError:
        tool, lowered = self._tool, complaint.lower()
        found = re.search(r"AADSTS\d+", complaint)
        code = found.group(0) if found else ""
        if not code and any(sign in lowered for sign in tool.not_signed_in):
            return AuthenticationError(
                f"Sign-in: nobody is signed in to {tool.title}; run `{tool.sign_in}`"
                + (f" for the tenant {self._tenant}." if self._tenant else ".")
            )
        remedy = REMEDIES.get(code, f"Run `{tool.sign_in}` again.")
        reason = one_line(complaint.replace("ERROR:", ""), 200).rstrip(".")
        return AuthenticationError(f"Sign-in: `{tool.program}` failed: {reason}. {remedy}", code)


def _seconds_left(response: dict[str, Any]) -> float:
    """`expires_on` is seconds since 1970; older programs only have a time, local or with a Z."""
    try:
        if response.get("expires_on"):
            return max(0.0, float(response["expires_on"]) - time.time())
        then = datetime.fromisoformat(str(response["expiresOn"]).replace("Z", "+00:00"))
        return max(0.0, then.timestamp() - time.time())
    except (KeyError, ValueError):
        return 300.0

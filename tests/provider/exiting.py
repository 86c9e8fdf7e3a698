"""A provider whose hook tries to end the process."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import CreateResult

from pulumi_powerautomate.provider import DataverseProvider


class ExitingProvider(DataverseProvider):
    """Exits where it should create."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        raise SystemExit(3)

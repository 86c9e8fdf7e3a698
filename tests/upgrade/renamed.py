"""A provider of a release in which an input has got another name."""

from __future__ import annotations

from pulumi_powerautomate.cloud_flow import CloudFlowProvider


class RenamedFlowProvider(CloudFlowProvider):
    """`name` and `definition` were called `title` and `body` before."""

    renamed = {"title": "name", "body": "definition"}  # noqa: RUF012

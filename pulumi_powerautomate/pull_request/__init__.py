"""
A report as one comment of the pull request that a CI run belongs to.

The comment is found again by its first line, a marker with project and stack, among those that the
same identity wrote: nobody else's is touched, and two stacks have a comment each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import InvalidInputError
from .azure_devops import AzureDevOps
from .github import GitHub
from .gitlab import GitLab
from .system import Comment, System

_MARKER = re.compile(r"<!-- pulumi-powerautomate:[^\n]+ -->")
_SYSTEMS: Mapping[str, type[GitHub] | type[AzureDevOps] | type[GitLab]] = {
    "GITHUB_ACTIONS": GitHub,
    "TF_BUILD": AzureDevOps,
    "GITLAB_CI": GitLab,
}

__all__ = ["Comment", "put_comment", "system_of"]


def system_of(environ: Mapping[str, str]) -> System:
    """
    The pull request of this CI run, by the variables that the system sets.

    Raises:
        InvalidInputError: this is no run of GitHub Actions, Azure Pipelines or GitLab.
        ConfigurationError: a variable or the token is missing, or it is no run of a pull request.
    """
    for variable, system in _SYSTEMS.items():
        if environ.get(variable, "").lower() == "true":
            return system(environ)
    raise InvalidInputError(
        "This is no run of GitHub Actions, Azure Pipelines or GitLab CI: none of "
        f"{', '.join(_SYSTEMS)} is true."
    )


def put_comment(text: str, system: System) -> Comment:
    """
    Write the comment, or update the one of an earlier run.

    Args:
        text: the report; its first line is the marker.
        system: where the pull request is.

    Raises:
        InvalidInputError: the text does not begin with a marker.
        ConfigurationError: the system refuses, with what the job lacks.
        TransportError: the system does not answer.
    """
    marker = text.partition("\n")[0].strip()
    if not _MARKER.fullmatch(marker):
        raise InvalidInputError(
            "The text does not begin with the marker of a report; make it with `report --stack`."
        )
    mine = system.find(marker)
    return system.create(text) if mine is None else system.update(mine, text)

"""
The rules as a policy pack of Pulumi's; needs the extra `policy`.

A pack is a folder with `PulumiPolicy.yaml` (`runtime: python`) and a `__main__.py` that calls
`policy_pack`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from ..flow import parse_document
from ..flow.problems import DefinitionError
from .rules import POLICIES, Flow, Share, violations
from .settings import MEMBERS, Settings, read_settings

PREFIX = "powerautomate-"
UNKNOWN = object()
# What the types of dynamic resources and of a native provider have in common.
_TYPES = ("powerautomate:", "dynamic/powerautomate:")
_FLOW, _SHARE, _SHARES = "CloudFlow", "FlowShare", "FlowSharesExclusive"
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "names": {"type": "array", "items": {"type": "string"}},
    "kinds": {"type": "array", "items": {"type": "string"}},
    "access": {"type": "array", "items": {"type": "string"}},
    "authentication": {"type": "array", "items": {"type": "string"}},
    "pattern": {"type": "string"},
    "states": {"type": "object", "additionalProperties": {"type": "string"}},
}


def policy_pack(settings: str | Path | Settings | None = None, name: str = "powerautomate") -> None:
    """
    Serve the pack; it does not return.

    Args:
        settings: the file of the policies, or what was read from it. What it does not name is off,
            unless Pulumi turns it on (`--policy-pack-config`), under its name with `powerautomate-`
            before it.
        name: name of the pack.

    Raises:
        InvalidInputError: the file is missing, or says what no policy knows.
    """
    PolicyPack(name=name, policies=list(policies(settings)))


def policies(settings: str | Path | Settings | None = None) -> Iterator[ResourceValidationPolicy]:
    """The policies, to be put into a pack with others; the arguments are those of `policy_pack`."""
    known = settings if isinstance(settings, Settings) else Settings()
    if isinstance(settings, (str, Path)):
        known = read_settings(settings)
    for policy, rule in POLICIES.items():
        members = {name: dict(_SCHEMAS[kind]) for name, kind in MEMBERS[policy].items()}
        yield ResourceValidationPolicy(
            name=f"{PREFIX}{policy}",
            description=f"Power Automate: {rule.title}.",
            validate=_validation(policy, known),
            enforcement_level=EnforcementLevel[known.level(policy).upper()],
            config_schema=PolicyConfigSchema(properties=members) if members else None,
        )


def _validation(policy: str, known: Settings) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        # How strictly is the engine's to say, which may have been told otherwise.
        settings = known.with_options(policy, plain(args.get_config())).enabled(policy)
        for subject in subjects(args.resource_type, plain(args.props), args.urn):
            for found in violations(subject, settings, policy):
                report(str(found), None)

    return validate


def plain(value: Any) -> Any:
    """
    A value without the wrappers that raise where a value is not known before the deployment.

    What is not known is `UNKNOWN`.
    """
    if isinstance(value, Mapping):
        return {key: _known(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_known(value, number) for number in range(len(value))]
    return value


def _known(values: Any, key: Any) -> Any:
    try:
        return plain(values[key])
    except UnknownValueError:
        return UNKNOWN


def subjects(kind: str, inputs: Mapping[str, Any], urn: str) -> Iterator[Flow | Share]:
    """
    The parts of a resource that the rules look at; nothing for resources of other packages.

    Args:
        kind: the resource's type.
        inputs: its inputs, named as in Python or in camel case.
        urn: its URN, which names the stack.
    """
    head, _, name = kind.rpartition(":")
    if not any(
        f"{head}:".endswith(f"{item}index:") or f"{head}:".endswith(item) for item in _TYPES
    ):
        return
    values = {_snake(key): value for key, value in inputs.items()}
    if name == _FLOW:
        yield _flow(values, urn)
    elif name == _SHARE:
        yield from _share(values.get("principal"), values.get("access"))
    elif name == _SHARES:
        yield from _shares(values.get("shares"))


def _flow(values: Mapping[str, Any], urn: str) -> Flow:
    definition, references = values.get("definition"), values.get("connection_references")
    brought: Mapping[str, Any] = {}
    if isinstance(definition, str):
        try:
            document = parse_document(json.loads(definition))
        except (ValueError, DefinitionError):
            # Not known yet, or refused by the provider in its own words.
            definition = None
        else:
            definition, brought = document.definition, document.connection_references
    owner = values.get("owner")
    name, state = values.get("name"), values.get("state")
    return Flow(
        name=name if isinstance(name, str) else None,
        definition=definition if isinstance(definition, Mapping) else None,
        references=references if isinstance(references, Mapping) and references else brought,
        owner=owner if isinstance(owner, Mapping) else ({} if owner is None else None),
        state=state if isinstance(state, str) else None,
        stack=urn.removeprefix("urn:pulumi:").partition("::")[0] or None,
    )


def _share(principal: Any, access: Any) -> Iterator[Share]:
    names = [access] if isinstance(access, str) else access
    if isinstance(principal, Mapping) and isinstance(names, list):
        yield Share(principal, [item for item in names if isinstance(item, str)])


def _shares(shares: Any) -> Iterator[Share]:
    """As a program gives them, or as the provider keeps them: rights by `team On-call`."""
    if isinstance(shares, Mapping):
        for key, rights in shares.items():
            kind, _, called = str(key).partition(" ")
            named = {"email": called} if "@" in called else {}
            yield from _share({"type": kind, **named}, rights)
    for item in shares if isinstance(shares, list) else ():
        if isinstance(item, Mapping):
            yield from _share(item.get("principal"), item.get("access"))


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)

"""
The state of a cloud flow: outputs, recorded declaration, changed inputs.

Outputs after an operation, the declaration that a drifted flow would fulfil, and which inputs a
declaration changes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..models import CLOUD_FLOW
from ..provider import IDENTITY, given_in, is_unknown
from ..provider.environment_guard import ENVIRONMENT
from .definition import DIGEST, SHOWABLE

if TYPE_CHECKING:
    from ..client.flows.model import Attempt, WriteResult
    from ..client.flows.requests import FlowSpec, LiveFlow
    from ..client.principals import Owner

COMPUTED = CLOUD_FLOW.computed
ECHOED = CLOUD_FLOW.echoed
# Hidden outputs. Further members of the stored document, as JSON text, when there are any.
MEMBERS = "__members"
# With `current_state` unknown: the declaration that the flow fulfilled before the last write.
BEFORE = "__before"
# With `current_state` unknown: fingerprints of columns that killed operations may have written.
ATTEMPTS = "__attempts"
# In outputs that are marked as in doubt, and in no state: a delete may have removed the flow; the
# state that it was in before, which may be off although `on` is declared.
REMOVED = "__removed"
BY_ANOTHER_KIND = "__by_another_kind"
STATE_BEFORE = "__state_before"
# Solutions that the flow may be in, after a change of `solution` that was not carried out whole.
SOLUTIONS = "__solutions"
_HASHED = frozenset({"name", "description", "definition", "references", "owner"})
# Inputs that the outputs repeat, and the hidden ones.
_RECORDED = (*ECHOED, DIGEST, SHOWABLE, IDENTITY)


def changed_inputs(olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
    """Which inputs differ from what the last operation recorded."""
    from ..flow import references_equal, same_flow

    changed = {
        key for key in ECHOED if key != "connection_references" and olds.get(key) != news.get(key)
    }
    if not same_flow(olds.get(DIGEST), news.get(DIGEST)):
        changed.add("definition")
    before, after = olds.get("connection_references"), news.get("connection_references")
    if is_unknown(after) or not references_equal(before or {}, after or {}):
        changed.add("references")
    return changed


def outputs_of(
    inputs: Mapping[str, Any],
    live: LiveFlow,
    written: WriteResult,
    olds: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    Outputs for the state: every input but the definition, which the inputs hold already, and the
    values that the service decided.
    """
    outputs = given_in(inputs, _RECORDED)
    kept = {key: (olds or {}).get(key) for key in ("owner_id", "created_on", "modified_on")}
    outputs.update({key: value for key, value in kept.items() if value})
    outputs.update({key: value for key, value in computed(live).items() if value != ""})
    if written.activation_error:
        outputs["activation_error"] = written.activation_error
    outputs.update(recorded_members(live))
    if written.before is not None:
        outputs[BEFORE] = _declaration(written.before)
    attempts = (inputs if olds is None else olds).get(ATTEMPTS)
    if live.state == "unknown" and attempts:
        outputs[ATTEMPTS] = attempts
    return outputs


def fingerprints_of(declared: Mapping[str, Any], owner: Owner | None) -> dict[str, str]:
    """
    A salted hash of each column that an update to a declaration may write, and the state.

    With a hash a column is recognized without being known.

    Args:
        declared: the declaration.
        owner: its owner, found by name if need be.
    """
    salt = secrets.token_hex(8)
    columns = {
        "name": declared.get("name"),
        "description": declared.get("description"),
        "definition": declared.get(DIGEST),
        "references": declared.get("connection_references") or {},
        "owner": owner.id.lower() if owner else None,
    }
    hashes = {name: _column(salt, name, item) for name, item in columns.items() if item is not None}
    state = {"state": declared["state"]} if "state" in declared else {}
    return {"salt": salt, **state, **hashes}


def attempts_in(olds: Mapping[str, Any]) -> list[Attempt]:
    """The attempts of which outputs, or inputs of a create, hold the fingerprints."""
    return [_attempt(fingerprints) for fingerprints in olds.get(ATTEMPTS) or ()]


def _attempt(fingerprints: Mapping[str, str]) -> Attempt:
    from ..client.flows.model import Attempt

    salt = fingerprints["salt"]
    written = frozenset(fingerprints) & _HASHED

    def differing(live: LiveFlow) -> frozenset[str]:
        columns = {
            "name": live.name,
            "description": live.description or "",
            "definition": live.digest,
            "references": live.references or {},
            "owner": live.owner_id.lower(),
        }
        return frozenset(
            name for name in written if not _is(fingerprints[name], salt, name, columns[name])
        )

    return Attempt(written, differing, fingerprints.get("state"))


def _column(salt: str, name: str, value: Any) -> str:
    """The fingerprint of a column; of a digest, each half has one."""
    from ..flow import halves_of

    if name != "definition":
        return _fingerprint(salt, value)
    first, whole = (_fingerprint(salt, half) for half in halves_of(value))
    return first if first == whole else f"{first}-{whole}"


def _is(fingerprint: str, salt: str, name: str, value: Any) -> bool:
    """Whether a column is one that was noted; what the service adds to a flow changes one half."""
    from ..flow import same_flow

    # Earlier releases noted a digest as a whole.
    is_equal = fingerprint == _fingerprint(salt, value)
    return is_equal or same_flow(fingerprint, _column(salt, name, value))


def _fingerprint(salt: str, value: Any) -> str:
    from ..flow import meaning_of

    item = meaning_of(value) if isinstance(value, Mapping) else value
    text = json.dumps(item, sort_keys=True)
    return hashlib.blake2b(text.encode(), key=salt.encode(), digest_size=16).hexdigest()


def _declaration(spec: FlowSpec) -> dict[str, Any]:
    declared = {
        "name": spec.name,
        "description": spec.description,
        DIGEST: spec.digest,
        "connection_references": dict(spec.references),
        "state": spec.state,
        "owner": {"type": spec.owner.kind, "id": spec.owner.id} if spec.owner else None,
    }
    return {key: value for key, value in declared.items() if value is not None}


def recorded_members(live: LiveFlow) -> dict[str, str]:
    """The output that keeps further members of the stored document; none when there are none."""
    if not live.members:
        return {}
    return {MEMBERS: json.dumps(live.members, ensure_ascii=False, separators=(",", ":"))}


def members_of(outputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Recorded members of the stored document; None for a state of a release that kept none."""
    if ENVIRONMENT not in outputs:
        return None
    members: dict[str, Any] = json.loads(outputs.get(MEMBERS) or "{}")
    return members


def as_recorded(props: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs of `read` for a flow that is unchanged since the last operation."""
    kept = (*ECHOED, DIGEST, *COMPUTED, MEMBERS, IDENTITY)
    return given_in(props, kept)


def computed(live: LiveFlow) -> dict[str, Any]:
    """Outputs whose values the service decides."""
    return {
        "current_state": live.state,
        "owner_id": live.owner_id,
        "etag": live.etag,
        "created_on": live.created_on,
        "modified_on": live.modified_on,
        "is_managed": live.is_managed,
    }


def live_inputs(props: Mapping[str, Any], live: LiveFlow, drift: frozenset[str]) -> dict[str, Any]:
    """The declaration that the live flow would fulfil; what did not drift stays as declared."""
    inputs = given_in(props, _RECORDED)
    inputs["definition"] = live.definition
    if "name" in drift:
        inputs["name"] = live.name
    if "description" in drift:
        inputs["description"] = live.description or ""
    if "definition" in drift:
        inputs[DIGEST] = live.digest
    if "references" in drift:
        inputs["connection_references"] = dict(live.references or {})
    if "state" in drift:
        inputs["state"] = "on" if live.state == "on" else "off"
    if "owner" in drift:
        inputs["owner"] = {"type": live.owner_kind, "id": live.owner_id}
    if "solution" in drift:
        del inputs["solution"]
    return inputs


def described(live: LiveFlow) -> dict[str, Any]:
    """A flow that no program declares (`CloudFlow.get`), in the words of one that does."""
    return {
        "name": live.name,
        "description": live.description,
        "definition": live.definition,
        "connection_references": dict(live.references or {}),
        "state": "on" if live.state == "on" else "off",
        "workflow_id": live.workflow_id,
        **computed(live),
    }

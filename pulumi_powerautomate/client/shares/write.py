"""
Making the shares of a flow exactly as declared.

- `GrantAccess` adds to what is there and `ModifyAccess` replaces it: the first is sent only where
  nothing was shared, the second everywhere else.
- Either can be repeated, so after a lost response it is sent again. When none ever comes, one look
  at the shares decides; when that fails too, the share is recorded as in doubt, because Pulumi
  forgets a resource whose create fails, and a forgotten share is access that nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...errors import DataverseError, InvalidInputError, NotFoundError, PowerAutomateError
from ..http.error_responses import OBJECT_DOES_NOT_EXIST
from ..http.throttle import Deadline
from ..principals import Owner
from .requests import Access, Share

Rights = tuple[str, ...]


@dataclass(frozen=True)
class Reconciled:
    """The shares that a flow has now, and what kept it from having those declared."""

    shares: Mapping[Owner, Rights]
    error: str = ""


def create(
    access: Access,
    flow_id: str,
    who: Owner,
    rights: Rights,
    *,
    overwrite: bool,
    attempted: Sequence[Rights] = (),
) -> str:
    """
    Share a flow with one principal.

    Args:
        access: the requests.
        flow_id: the flow.
        who: the principal.
        rights: what the share is to allow.
        overwrite: whether a share with other rights is replaced.
        attempted: rights that earlier creates of the share may have given, of which nobody knows
            the outcome: a share with them is ours.

    Returns:
        Empty, or why nobody can tell whether the share was made.

    Raises:
        InvalidInputError: the principal owns the flow, or has other rights already.
    """
    deadline = access.deadline()
    owner, shares = access.owner_and_shares(flow_id, deadline)
    _refuse_owner(owner, who, flow_id)
    existing = _of(shares, who)
    ours = [set(item) for item in (rights, *attempted)]
    if existing is not None and set(existing.access) not in ours and not overwrite:
        raise InvalidInputError(
            f"Flow {flow_id} is shared with {who.kind} {who.id} already, for "
            f"{', '.join(existing.access)} instead of {', '.join(rights)}. Declare that, "
            'revoke it, or set on_conflict="overwrite" to replace it.'
        )
    try:
        _set(access, flow_id, who, rights, existing.access if existing else None, deadline)
    except PowerAutomateError as error:
        if not error.in_doubt:
            raise
        return _doubt(access, flow_id, who, rights, error)
    return ""


def change(access: Access, flow_id: str, who: Owner, rights: Rights) -> str:
    """
    Set the rights of one principal, also where its share was taken away meanwhile.

    Returns:
        Empty, or why it is not known whether the rights were set.
    """
    deadline = access.deadline()
    try:
        _modify(access, flow_id, who, rights, deadline)
    except PowerAutomateError as error:
        if not error.in_doubt:
            raise
        return _doubt(access, flow_id, who, rights, error)
    return ""


def _doubt(
    access: Access, flow_id: str, who: Owner, rights: Rights, problem: PowerAutomateError
) -> str:
    """
    Why it is not known whether a share is as declared; empty when one look shows that it is.

    A share that is not proves nothing, for the request may still be on its way.
    """
    try:
        shares = access.shares(flow_id, access.deadline())
    except PowerAutomateError as error:
        return f"{problem} Looking for it failed too: {error}"
    found = _of(shares, who)
    return "" if found is not None and set(found.access) == set(rights) else str(problem)


def reconcile(
    access: Access,
    flow_id: str,
    wanted: Mapping[Owner, Rights],
    *,
    may_replace: bool,
    attempted: Sequence[Mapping[Owner, Rights]] = (),
) -> Reconciled:
    """
    Give a flow the wanted shares and no other.

    One read, then one request for each principal that is not as wanted. Additions come first, so
    that nobody who is declared twice, by name and through a team, is without access meanwhile.

    Args:
        access: the requests.
        flow_id: the flow.
        wanted: rights by principal.
        may_replace: whether other shares may be replaced or revoked.
        attempted: shares that earlier creates may have made, of which nobody knows the outcome:
            those are ours.

    Raises:
        InvalidInputError: a principal owns the flow, or there are other shares and they may not be
            replaced.
        PowerAutomateError: the first request failed, so nothing was changed.
    """
    deadline = access.deadline()
    owner, shares = access.owner_and_shares(flow_id, deadline)
    for who in wanted:
        _refuse_owner(owner, who, flow_id)
    now = {share.principal: share.access for share in shares}
    foreign = [
        who
        for who in now
        if all(set(now[who]) != set(item.get(who, ())) for item in (wanted, *attempted))
    ]
    if foreign and not may_replace:
        listed = ", ".join(f"{who.kind} {who.id} ({', '.join(now[who])})" for who in foreign)
        raise InvalidInputError(
            f"Flow {flow_id} is shared otherwise than declared already: {listed}. Declare that, "
            'revoke it, or set on_conflict="overwrite" to replace it.'
        )
    changed = False
    granting: Owner | None = None
    try:
        for who, rights in wanted.items():
            if set(now.get(who, ())) != set(rights):
                granting = who
                _set(access, flow_id, who, rights, now.get(who), deadline)
                now[who] = rights
                changed = True
        granting = None
        for who in [who for who in now if who not in wanted]:
            revoke(access, flow_id, who, deadline)
            del now[who]
            changed = True
    except PowerAutomateError as error:
        if not changed and not error.in_doubt:
            raise
        if granting is not None and error.in_doubt:
            # Whoever may have access is known from here on, so that a delete takes it away.
            now.setdefault(granting, wanted[granting])
        return Reconciled(now, str(error))
    return Reconciled(now)


def revoke(access: Access, flow_id: str, who: Owner, deadline: Deadline) -> None:
    """
    Take a principal's share away; a share, principal or flow that is gone is a success.

    Raises:
        PowerAutomateError: the share is there, or it is not known whether it is.
    """
    try:
        access.revoke(flow_id, who, deadline)
    except PowerAutomateError as error:
        code = error.code.lower() if isinstance(error, DataverseError) else ""
        if code == OBJECT_DOES_NOT_EXIST or isinstance(error, NotFoundError):
            return
        if not error.in_doubt:
            raise
        try:
            shares = access.shares(flow_id, access.deadline())
        except NotFoundError:
            return
        except PowerAutomateError:
            raise error from None
        if _of(shares, who) is not None:
            raise


def revoke_all(
    access: Access,
    flow_id: str,
    principals: Iterable[Owner],
    deadline: Deadline,
    after_each: Callable[[Owner], None],
) -> None:
    """
    Revoke several shares, one request each, until one cannot be.

    Those before it are not granted again: a revocation does not tell which rights there were, and
    somebody may have taken them away meanwhile. The operation is in doubt then.

    Args:
        access: the requests.
        flow_id: the flow.
        principals: whose shares are revoked; the next one is asked for when the last one is done.
        deadline: for all of it.
        after_each: called with each principal whose share was revoked.

    Raises:
        PowerAutomateError: one was not revoked; the message names who has no share any more.
    """
    revoked: list[str] = []
    try:
        for who in principals:
            revoke(access, flow_id, who, deadline)
            revoked.append(f"{who.kind} {who.id}")
            after_each(who)
    except PowerAutomateError as error:
        if revoked:
            error.args = (f"{error} Revoked are the shares of {', '.join(revoked)}.",)
        raise


def _set(
    access: Access,
    flow_id: str,
    who: Owner,
    rights: Rights,
    existing: Rights | None,
    deadline: Deadline,
) -> None:
    if existing is None:
        access.grant(flow_id, who, rights, deadline)
    elif set(existing) != set(rights):
        _modify(access, flow_id, who, rights, deadline)


def _modify(access: Access, flow_id: str, who: Owner, rights: Rights, deadline: Deadline) -> None:
    """Replace the rights of a share, also where it was taken away since somebody looked."""
    try:
        access.modify(flow_id, who, rights, deadline)
    except DataverseError as error:
        if error.code.lower() != OBJECT_DOES_NOT_EXIST or isinstance(error, NotFoundError):
            raise
        if _of(access.shares(flow_id, deadline), who) is not None:
            raise
        access.grant(flow_id, who, rights, deadline)


def _of(shares: Sequence[Share], who: Owner) -> Share | None:
    return next((share for share in shares if share.principal.id == who.id), None)


def _refuse_owner(owner_id: str, who: Owner, flow_id: str) -> None:
    if owner_id == who.id:
        raise InvalidInputError(
            f"Flow {flow_id} belongs to {who.kind} {who.id}, who has every right without a share. "
            "Leave the owner out, or share with somebody else."
        )

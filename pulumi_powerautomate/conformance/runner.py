"""A run: who and where, the probes one after the other, and everything removed again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ..errors import PowerAutomateError, WrongEnvironmentError, one_line
from . import cleaning
from .exchange import Exchange
from .lab import Lab, Options, Shared, UndecidableError
from .names import Names, new_run
from .probe import Answer, Probe
from .probes import PROBES
from .sender import BudgetSpentError, Sender

if TYPE_CHECKING:
    from ..client import DataverseClient

Outcome = Literal["decided", "undecided", "not asked", "failed"]

# Kinds of environment (OrganizationType) that nobody's work depends on.
NOT_PRODUCTION = frozenset(
    {"CustomerTest", "CustomerFreeTest", "CustomerPreview", "TestDrive", "EmailTrial", "Developer",
     "Trial"}
)  # fmt: skip
_NOT_A_MEMBER = "0x80072560"
_FIRST_SECONDS = 60.0
# The run's own rows, and who and where; a clean-up has requests of its own.
BASE_REQUESTS = 12
CLEANING_REQUESTS = 400


@dataclass(frozen=True)
class Place:
    """
    Where a run is, and as whom; all but kind and version is private.

    Attributes:
        user_id: the caller's row.
        business_unit: the caller's business unit.
        organization_id: the environment's organization.
        kind: what the environment calls itself, a member of OrganizationType; empty where it does
            not say.
        version: version of the service.
        private: texts that must not leave: names, addresses, ids.
        first: answers to the first request.
    """

    user_id: str
    business_unit: str
    organization_id: str
    kind: str
    version: str
    private: tuple[str, ...] = field(repr=False, default=())
    first: tuple[Exchange, ...] = field(repr=False, default=())


@dataclass(frozen=True)
class Finding:
    """
    The result of a probe.

    Attributes:
        probe: the probe.
        outcome: `decided`, `undecided`, `not asked` (it needs what the run may not do), or `failed`
            (there was no answer).
        answer: the answer, or why there is none.
        labels: the labels of its exchanges.
        found: its exchanges.
    """

    probe: Probe
    outcome: Outcome
    answer: Answer
    found: dict[str, Exchange] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """
    A run that is over: its number, place, findings and exchanges in their order, and what is left;
    `problem` says why nobody knows whether anything is.
    """

    number: str
    place: Place
    findings: Sequence[Finding]
    trail: Sequence[tuple[str, Exchange]]
    requests: int
    deleted: int
    left: Sequence[cleaning.Leftover]
    problem: str = ""


def chosen(only: Sequence[str], options: Options) -> list[Probe]:
    """The probes of a run, in the table's order; all that the options allow, or those named."""
    return [
        probe
        for probe in PROBES
        if (not only or probe.name in only) and ("activate" not in probe.needs or options.activate)
    ]


def most_requests(probes: Sequence[Probe]) -> int:
    """How many requests a run sends at most, its clean-up not counted."""
    return BASE_REQUESTS + sum(probe.requests for probe in probes)


def look_around(client: DataverseClient, sender: Sender) -> Place:
    """Who we are and what the environment says it is; nothing is changed."""
    first = _first_answers(sender)
    who = first[-1]
    if not who.ok:
        raise WrongEnvironmentError(
            f"The environment refused the first request ({who.refusal} "
            f"{one_line(who.message, 120)}). Run `pulumi-powerautomate doctor`."
        )
    user = str(who.member("UserId"))
    info = sender.send("kind", "GET", "RetrieveOrganizationInfo()").member("organizationInfo")
    kind = str((info or {}).get("InstanceType") or "") if isinstance(info, dict) else ""
    version = str(sender.send("version", "GET", "RetrieveVersion()").member("Version") or "")
    columns = "fullname,internalemailaddress,domainname,firstname,lastname"
    person = sender.send("user", "GET", f"systemusers({user})?$select={columns}")
    here = sender.send("organization", "GET", "organizations?$select=name")
    unit = str(who.member("BusinessUnitId"))
    its = sender.send("business unit", "GET", f"businessunits({unit})?$select=name")
    label = client.connection.host.partition(".")[0]
    texts = [client.connection.host, "" if label.isdigit() else label]
    texts += [str(value) for value in _texts(person) + _texts(here.rows[0] if here.rows else {})]
    texts += [str(value) for value in _texts(its)]
    for setting in ("tenant_id", "client_id"):
        texts.append(client.connection.get(setting) or "")
    texts += [user, unit, str(who.member("OrganizationId"))]
    private = tuple(sorted({text for text in texts if len(text) > 2}, key=len, reverse=True))
    return Place(
        user, unit, str(who.member("OrganizationId")), kind, version, private, tuple(first)
    )


def carry_out(
    client: DataverseClient,
    sender: Sender,
    place: Place,
    options: Options,
    *,
    only: Sequence[str] = (),
    progress: Callable[[str], None] = lambda text: None,
) -> Run:
    """
    Ask every probe, and remove what that has made, whatever happens.

    Args:
        client: the environment.
        sender: what sends the requests, with its budget.
        place: what `look_around` found.
        options: what the run may do.
        only: names of probes; all by default.
        progress: told what is going on.
    """
    names = Names(new_run())
    shared = Shared(place.user_id, place.business_unit, first=list(place.first))
    findings: list[Finding] = []
    asked: dict[object, tuple[dict[str, Exchange], Finding | None]] = {}
    left: Sequence[cleaning.Leftover]
    try:
        for probe in PROBES:
            if only and probe.name not in only:
                continue
            progress(f"{len(findings) + 1}: {probe.question}")
            findings.append(_asked(client, sender, names, shared, options, probe, asked))
    finally:
        progress("removing what was made")
        sender.most = max(sender.most, sender.sent) + CLEANING_REQUESTS
        deleted, left, problem = 0, [], ""
        try:
            deleted, left = cleaning.clean_up(sender, names.run, patience=options.patience)
        except (PowerAutomateError, BudgetSpentError) as error:
            # The answers are worth keeping all the same.
            problem = one_line(str(error), 200)
    return Run(names.run, place, findings, shared.trail, sender.sent, deleted, left, problem)


def _asked(
    client: DataverseClient,
    sender: Sender,
    names: Names,
    shared: Shared,
    options: Options,
    probe: Probe,
    asked: dict[object, tuple[dict[str, Exchange], Finding | None]],
) -> Finding:
    if "activate" in probe.needs and not options.activate:
        return Finding(probe, "not asked", Answer(None, "it turns a flow on: --activate"))
    if probe.ask in asked:
        # Several probes look at the same exchanges.
        found, failure = asked[probe.ask]
        if failure is not None:
            return Finding(probe, failure.outcome, failure.answer, found)
        return _judged(probe, found)
    lab = Lab(client, sender, names, shared, options, probe.name)
    finding: Finding | None = None
    try:
        probe.ask(lab)
    except UndecidableError as error:
        finding = Finding(probe, "undecided", Answer(None, str(error)), lab.found)
    except BudgetSpentError as error:
        finding = Finding(probe, "not asked", Answer(None, str(error)), lab.found)
    except PowerAutomateError as error:
        finding = Finding(probe, "failed", Answer(None, one_line(str(error), 200)), lab.found)
    asked[probe.ask] = (lab.found, finding)
    return finding or _judged(probe, lab.found)


def _judged(probe: Probe, found: dict[str, Exchange]) -> Finding:
    try:
        answer = probe.judge(found)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        # What nobody has foreseen is kept in the file, for people to judge.
        reason = f"the answers are of another shape ({type(error).__name__})"
        return Finding(probe, "undecided", Answer(None, reason), found)
    outcome: Outcome = "undecided" if answer.value is None else "decided"
    return Finding(probe, outcome, answer, found)


def _first_answers(sender: Sender) -> list[Exchange]:
    """The first request, again where a fresh environment does not know its users yet."""
    started = time.monotonic()
    answers: list[Exchange] = []
    while True:
        label = f"first {len(answers) + 1}"
        answers.append(sender.send(label, "GET", "WhoAmI", since=started))
        waited = time.monotonic() - started
        if answers[-1].code != _NOT_A_MEMBER or waited > _FIRST_SECONDS:
            return answers
        time.sleep(0.5 if waited < 10 else 5.0)


def _texts(found: Exchange | dict[str, object]) -> list[object]:
    row = found.body if isinstance(found, Exchange) else found
    if not isinstance(row, dict):
        return []
    return [value for key, value in row.items() if value and not key.startswith("@")]

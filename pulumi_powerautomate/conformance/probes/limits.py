"""Limits and delays: of requests, of bodies, of reads after writes, of a fresh environment."""

from __future__ import annotations

import time

from ...errors import TransportError
from ..documents import flow_row
from ..exchange import Exchange, Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, undecided

_LEFT = "x-ms-ratelimit-burst-remaining-xrm-requests"
_NOT_A_MEMBER = "0x80072560"
_SMALLEST = 128 * 1024


def _headers(lab: Lab) -> None:
    lab.send("read", "GET", "WhoAmI")


def _limits(found: Exchanges) -> Answer:
    answer = found["read"]
    if answer.status == 429:
        return Answer("on", answer.code)
    if not answer.ok:
        return undecided(f"answered with {answer.refusal}")
    return Answer("on" if answer.header(_LEFT) else "off", f"{_LEFT}: {answer.header(_LEFT)}")


def _throttled(lab: Lab) -> None:
    """Send nothing: what this run has met is looked at."""
    for number, answer in enumerate(lab.sender.throttled[:3], 1):
        lab.keep(
            Exchange(
                label=f"throttled {number}",
                method=answer.method,
                path=answer.path,
                status=answer.status,
                headers=answer.headers,
                body=answer.body,
            )
        )


def _how_long(found: Exchanges) -> Answer:
    waits = [answer for answer in found.values() if answer.status == 429]
    if not waits:
        return undecided("the run met no limit")
    first = waits[0]
    told = first.header("Retry-After")
    how = "Retry-After in seconds" if told else "without Retry-After"
    return Answer(f"{first.refusal}, {how}", told)


def _read_after_write(lab: Lab) -> None:
    row = flow_row(lab.names.name(lab.noun()))
    made = lab.send("create", "POST", "workflows", row, lab.in_solution())
    lab.need(made, "making a flow")
    key = made.header("OData-EntityId").rpartition("(")[2]
    end = time.monotonic() + min(60.0, lab.options.patience)
    pause = 0.1
    while not lab.send("read", "GET", f"workflows({key}?$select=name").ok:
        if time.monotonic() > end:
            return
        time.sleep(pause)
        pause = pause if time.monotonic() < end - 57 else 2.0


def _lag(found: Exchanges) -> Answer:
    read = found["read"]
    if not read.ok:
        return undecided(f"the row was not seen in time ({read.refusal})")
    seconds = read.at - found["create"].at
    return Answer(int(seconds * 2) / 2, "in steps of half a second")


def _first_answers(lab: Lab) -> None:
    """Send nothing: the run's very first requests are looked at."""
    for answer in lab.shared.first:
        lab.keep(answer)


def _fresh(found: Exchanges) -> Answer:
    answers = list(found.values())
    if not answers or not answers[-1].ok:
        return undecided("the environment answered no request")
    refused = [answer for answer in answers if answer.code == _NOT_A_MEMBER]
    if not refused:
        return Answer(0.0)
    return Answer(float(round(answers[-1].at - refused[0].at)), "at least, in whole seconds")


def _large_bodies(lab: Lab) -> None:
    size = _SMALLEST
    while True:
        # The action does not know the member, and so does nothing.
        body = b'{"papconf":"' + b"x" * (size - 14) + b'"}'
        try:
            found = lab.send(str(size), "POST", "RevokeAccess", body)
        except TransportError as error:
            lab.keep(Exchange(str(size), "POST", "RevokeAccess", 0, body=str(error)))
            return
        if found.status == 413 or size >= lab.options.upload_bytes:
            return
        size = min(size * 2, lab.options.upload_bytes)


def _largest_body(found: Exchanges) -> Answer:
    taken = [int(label) for label, answer in found.items() if answer.status not in (0, 413)]
    refused = [answer for answer in found.values() if answer.status in (0, 413)]
    if not refused:
        return undecided(f"no body up to {max(taken)} bytes was refused")
    if not taken:
        return undecided(f"{_SMALLEST} bytes were refused")
    how = "413" if refused[0].status else "a closed connection"
    return Answer(max(taken), f"the next size was answered with {how}")


PROBES = (
    Probe("limits", "Does the environment limit requests, and tell what is left?",
          ("switch:limits",), "off", _headers, _limits, 1),
    Probe("retry-after", "How long does a limit ask to wait?", ("client:Retry-After",), None,
          _throttled, _how_long, 0),
    Probe("read-after-write", "After how many seconds is a new row read?",
          ("switch:read_lag_seconds",), 0.0, _read_after_write, _lag, 62, ("a flow",)),
    Probe("fresh-environment", "For how many seconds does a new environment refuse its users?",
          ("switch:fresh_environment_403_seconds",), 0.0, _first_answers, _fresh, 0),
    Probe("largest-body", "How large may the body of a request be?",
          ("switch:max_request_bytes",), None, _large_bodies, _largest_body, 14),
)  # fmt: skip

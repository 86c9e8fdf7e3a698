"""
A probe: a question to the service, the requests that ask it, and what their answers mean.

Asking and judging are apart, so that a recorded or documented exchange can be judged as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .exchange import Exchanges

if TYPE_CHECKING:
    from .lab import Lab


Value = str | int | float


@dataclass(frozen=True)
class Answer:
    """
    The word of exchanges about a question.

    Attributes:
        value: the answer, or None where they do not decide it.
        remark: why they do not, or what else is to be said.
    """

    value: Value | None
    remark: str = ""


def undecided(reason: str) -> Answer:
    """No answer, and why."""
    return Answer(None, reason)


@dataclass(frozen=True)
class Probe:
    """
    One question.

    Attributes:
        name: what it is called, in lower case with hyphens.
        question: the question, in one sentence.
        decides: what it is asked for: `switch:NAME`, `fact:NAME`, `error:CODE`, or `client:NAME`
            for something that the client relies on.
        expected: what the emulator answers when its switches are as they are by default; None
            where the emulator cannot decide it.
        ask: sends the requests.
        judge: what the exchanges mean.
        requests: how many requests it sends at most, those for its own rows included.
        makes: what it leaves in the environment until the end, for the plan.
        needs: `activate` where a flow is turned on, `import` where a package is imported, `team`
            where something is shared.
    """

    name: str
    question: str
    decides: tuple[str, ...]
    expected: Value | None
    ask: Callable[[Lab], None]
    judge: Callable[[Exchanges], Answer]
    requests: int = 3
    makes: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()

    @property
    def switch(self) -> str | None:
        """The emulator's switch that it answers."""
        names = (item.removeprefix("switch:") for item in self.decides)
        return next(
            (name for name, item in zip(names, self.decides, strict=True) if name != item), None
        )


def refusal_of(label: str) -> Callable[[Exchanges], Answer]:
    """A judge: status and code of one answer."""

    def judge(found: Exchanges) -> Answer:
        return Answer(found[label].refusal, found[label].inner_code)

    return judge


def by_refusal(label: str, values: dict[str, Value]) -> Callable[[Exchanges], Answer]:
    """
    A judge: a value by status, or by status and code (`400 0x80060466`), of one answer.

    Any other answer is undecided, and the remark says what it was.
    """

    def judge(found: Exchanges) -> Answer:
        answer = found[label]
        for key in (answer.refusal, str(answer.status), answer.code):
            if key and key in values:
                return Answer(values[key])
        return undecided(f"answered with {answer.refusal or answer.status}")

    return judge

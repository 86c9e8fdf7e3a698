"""
A flow's definition on its way from a file to the engine.

It travels as one JSON string: nested values lose their nulls on the way and cost fifteen to forty
times as much. The program, which is one thread, brings it into that form and no more; `check`
validates what is not recorded as valid already, in another process.
"""

from __future__ import annotations

import copy
import hashlib
import json
import marshal
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import isawaitable
from pathlib import Path, PurePath
from typing import Any, TypeVar

import pulumi
from pulumi.dynamic import CheckFailure

from ..errors import InvalidInputError, PowerAutomateError, one_line
from ..provider import failure, hides, is_unknown, one_line_errors, warn
from ..provider.environment_guard import ENVIRONMENT

# In checked inputs and in outputs the digest. A program whose definition may be a secret passes an
# empty one on, for a key stays what it was from input to output: the digest of a secret definition
# is a secret too.
DIGEST = "__digest"

_MOST_PROBLEMS = 20
_LONGEST_LINE = 1000
# Whether the definition may be shown: providers are not told which of their inputs are secret, so
# the program says it. Where the marker is missing nothing is shown.
SHOWABLE = "__showable"

_SHOWN_BY = "It is a secret; `pulumi-powerautomate validate FILE` shows where and what to do."

_MOST_LINES = 5
_COMPARED = ("definition", "connection_references", DIGEST)
# What decides whether a definition is valid.
_JUDGED = ("definition", "connection_references", "ignore")
_WHOLE_DIGEST = re.compile("[0-9a-f]{32}(-[0-9a-f]{32})?")
# By the hash of what they were made from: one file may be deployed many times.
_forms: dict[bytes, _Form] = {}
_findings: dict[bytes, _Findings] = {}
_digests: dict[bytes, str] = {}
_MOST_KNOWN = 256
_Known = TypeVar("_Known")


@one_line_errors
def read_definition(path: str | Path) -> dict[str, Any]:
    """
    Read a flow's definition from a JSON file, as it was exported or written by hand.

    Args:
        path: the file; relative paths count from the program's folder. A byte order mark and any
            line ends are fine.

    Returns:
        The parsed document, which a program may change before passing it to `CloudFlow`.

    Raises:
        InvalidInputError: the file cannot be read, or is not a JSON object.
    """
    from ..flow import parse_json

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInputError(f"{path}: cannot be read: {reason}.") from None
    try:
        document = parse_json(text)
    except PowerAutomateError as error:
        raise InvalidInputError(f"{path}: {error}{_kind_hint(text)}") from None
    if not isinstance(document, dict):
        raise InvalidInputError(f"{path}: holds no JSON object, so it is not a flow.")
    return document


@one_line_errors
def definition_inputs(
    definition: Any, references: Any, resource_name: str, ignore: Any = None
) -> dict[str, Any]:
    """
    Definition and references in the form they travel in, at once when they are plain values.

    Raises:
        InvalidInputError: one of them holds what JSON cannot.
    """
    if definition is None:
        return {
            "definition": None,
            "connection_references": references,
            "ignore": ignore,
        }
    if _plain(definition) and _plain(references) and _plain(ignore):
        form = _form(definition, references)
        return {
            "definition": form.definition,
            "connection_references": form.references,
            "ignore": ignore,
            SHOWABLE: True,
        }
    _refuse_foreign(definition, references, resource_name)

    @one_line_errors
    def bring_into_form(all_: list[Any]) -> _Form:
        known_definition, known_references, _ = all_
        _refuse_foreign(known_definition, known_references, resource_name)
        return _form(known_definition, known_references)

    # As long as one of them is unknown nothing can be said of the others.
    whole = pulumi.Output.all(definition, references, ignore).apply(bring_into_form)
    return {
        "definition": whole.apply(lambda form: form.definition),
        "connection_references": whole.apply(lambda form: form.references),
        "ignore": ignore,
        DIGEST: whole.apply(lambda _: ""),
        SHOWABLE: _showable(whole),
    }


async def _showable(whole: pulumi.Output[Any]) -> bool:
    return not await whole.is_secret()


def difference_lines(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """
    Changes of the definition and its connections, one short line each.

    Args:
        olds: the inputs that the last operation was given; empty for a new flow.
        news: the inputs after a check that found nothing wrong.

    Returns:
        At most five lines; none for equal definitions, none of a definition that is or was a
        secret, and none where the resource's `hide_diffs` names it.
    """
    from .. import flow

    if hides(news, "definition"):
        return []
    if olds.get(SHOWABLE) is not True or news.get(SHOWABLE) is not True:
        return []
    if any(is_unknown(inputs.get(key)) for inputs in (olds, news) for key in _COMPARED):
        return []
    if flow.same_flow(olds.get(DIGEST), news.get(DIGEST)) and olds.get(
        "connection_references"
    ) == news.get("connection_references"):
        return []
    try:
        versions = [
            flow.FlowVersion(json.loads(item["definition"]), item["connection_references"] or {})
            for item in (olds, news)
        ]
        changes = flow.compare(*versions)
    except (KeyError, TypeError, ValueError):
        # A state of another release; the engine shows the change of the text all the same.
        return []
    shown = len(changes) if len(changes) <= _MOST_LINES else _MOST_LINES - 1
    lines = [change.sentence for change in changes[:shown]]
    if shown < len(changes):
        lines.append(f"… and {len(changes) - shown} more changes.")
    return lines


def _refuse_foreign(definition: Any, references: Any, resource_name: str) -> None:
    """
    Refuse what JSON has no form for, before the program fails on it with a traceback.

    Raises:
        InvalidInputError: it names the place and the type.
    """
    if isinstance(definition, PurePath):
        raise InvalidInputError(
            f"{resource_name}: definition is a path; pass "
            f"powerautomate.read_definition({str(definition)!r})."
        )
    for where, value in (("definition", definition), ("connection_references", references)):
        for path, item in _foreign(value, where):
            raise InvalidInputError(
                f"{resource_name}: {path} is a {type(item).__name__}, which JSON cannot hold; "
                "write it as text or a number."
            )


def _foreign(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Values that are neither JSON nor the program's outputs, with their places."""
    if isinstance(value, (dict, Mapping)):
        for key, item in value.items():
            yield from _foreign(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _foreign(item, f"{path}[{number}]")
    elif not _plain(value) and not isinstance(value, pulumi.Output) and not isawaitable(value):
        yield path, value


def _plain(value: Any) -> bool:
    """Whether a value holds no output or awaitable, at any depth."""
    if value is None or isinstance(value, str):
        return True
    try:
        # What JSON takes is plain, and it looks many times faster.
        json.dumps(value)
        return True
    except (TypeError, ValueError, RecursionError):
        return _is_plain(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, (str, int, float, bool))


def check_definition(inputs: dict[str, Any], olds: Mapping[str, Any]) -> list[CheckFailure]:
    """
    Validate a definition, unless the last operation was given this very one.

    Warnings are shown in the resource's row when the definition is another one than before. Of a
    definition that is a secret only the rules are told that it breaks: names and values are its
    text.
    """
    text, references = inputs.get("definition"), inputs.get("connection_references", {})
    inputs.pop(DIGEST, None)
    if is_unknown(text) or is_unknown(references):
        return []
    if text is None:
        return [failure("definition is missing; pass a dict, a JSON string or read_definition(…).")]
    recorded = _recorded(inputs, olds)
    if recorded is not None and all(olds.get(key) == inputs.get(key) for key in _JUDGED):
        inputs[DIGEST] = recorded
        return []
    from ..flow import same_flow

    form = _form(text, references)
    found = _found(form, inputs.get("ignore"), secret=_is_secret(inputs))
    if found.problems:
        return [failure(problem) for problem in found.problems]
    inputs["definition"], inputs["connection_references"] = form.definition, form.references
    inputs[DIGEST] = digest = _recorded(inputs, olds) or _in_words_of(olds, _digest(inputs))
    if not same_flow(olds.get(DIGEST), digest):
        _warn(inputs, found.warnings)
    return []


def concurrency_taken_away(olds: Mapping[str, Any], inputs: Mapping[str, Any]) -> str:
    """
    A line for a trigger that loses its concurrency setting; empty when none does.

    The service refuses to save a flow without a setting that it had once, so the preview says so.
    """
    if olds.get("workflow_id") != inputs.get("workflow_id") or not olds.get("definition"):
        return ""
    if olds["definition"] == inputs.get("definition"):
        return ""
    before, after = (_concurrent_triggers(item.get("definition")) for item in (olds, inputs))
    lost = sorted(name for name, has in before.items() if has and after.get(name) is False)
    if not lost:
        return ""
    shown = repr(lost[0]) if not _is_secret(inputs) else "its trigger"
    return (
        f"definition: the concurrency control of {shown} is taken away, which the service refuses "
        'once it is set. Keep runtimeConfiguration.concurrency, with "runs": 100 for the most '
        "that run at once, or give another workflow_id to have the flow made anew."
    )


def _concurrent_triggers(text: Any) -> dict[str, bool]:
    """Whether each trigger of a definition limits the runs at once; empty while it is unknown."""
    from ..flow import triggers_of

    try:
        triggers = triggers_of(json.loads(text))
    except (TypeError, ValueError, AttributeError):
        return {}
    found = {}
    for name, body in triggers.items():
        settings = body.get("runtimeConfiguration")
        found[name] = isinstance(settings, Mapping) and bool(settings.get("concurrency"))
    return found


def _warn(inputs: Mapping[str, Any], lines: Sequence[str]) -> None:
    if lines and _is_secret(inputs):
        many = "s" if len(lines) > 1 else ""
        lines = [f"definition: {len(lines)} warning{many}, not shown. {_SHOWN_BY}"]
    for line in lines:
        warn(inputs, line)


def _recorded(inputs: Mapping[str, Any], olds: Mapping[str, Any]) -> str | None:
    """
    The digest of the inputs that the last operation was given, where they hold the same flow.

    It takes longer to work out than the rest of the check. Inputs without an environment are of a
    release whose digests had one half alone.
    """
    if ENVIRONMENT not in olds or olds.get("definition") != inputs["definition"]:
        return None
    digest = olds.get(DIGEST)
    return digest if isinstance(digest, str) and _WHOLE_DIGEST.fullmatch(digest) else None


def _digest(inputs: Mapping[str, Any]) -> str:
    """The digest of a valid definition, worked out once per process."""
    from .. import flow

    text: str = inputs["definition"]
    parts = text.encode("utf-8", "surrogatepass")
    return _once(_digests, parts, lambda: flow.digest(json.loads(text)))


def _once(known: dict[bytes, _Known], parts: bytes, make: Callable[[], _Known]) -> _Known:
    """The value that was made of the parts before, or that is made of them now."""
    key = hashlib.blake2b(parts, digest_size=16).digest()
    # Other threads may clear it meanwhile.
    found = known.get(key)
    if found is None:
        found = make()
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[key] = found
    return found


def _in_words_of(olds: Mapping[str, Any], digest: str) -> str:
    """
    The digest, under the name that an earlier release gave the same flow in another spelling.

    Its state has the digest of one spelling alone; only the definition beside it tells that the
    other spelling is the same flow.
    """
    from .. import flow

    recorded, text = olds.get(DIGEST), olds.get("definition")
    if not isinstance(recorded, str) or not isinstance(text, str):
        return digest
    if flow.same_flow(recorded, digest):
        # Outputs may still have the first half alone, and `diff` sees outputs.
        return recorded if "-" in recorded else digest
    if "-" in recorded:
        return digest
    try:
        whole = flow.digest(json.loads(text))
    except (TypeError, ValueError, AttributeError):
        return digest
    return f"{recorded}-{digest[-len(recorded) :]}" if flow.same_flow(whole, digest) else digest


def _is_secret(inputs: Mapping[str, Any]) -> bool:
    return inputs.get(SHOWABLE) is False


@dataclass(frozen=True)
class _Form:
    """
    Definition and references in the form they travel in.

    Attributes:
        problem: why they have none; they are as the program gave them then.
    """

    definition: str
    references: Any
    problem: str = ""


@dataclass(frozen=True)
class _Findings:
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def _form(definition: Any, references: Any) -> _Form:
    """The form of definition and references, worked out once per process for equal ones."""
    try:
        # Unlike JSON it tells a number from its text and a list from a tuple, at the same speed.
        parts = marshal.dumps((definition, references), 2)
    except ValueError:
        return _new_form(definition, references)
    form = _once(_forms, parts, lambda: _new_form(definition, references))
    return replace(form, references=copy.deepcopy(form.references))


def _new_form(definition: Any, references: Any) -> _Form:
    """
    Bring definition and references into the form they travel in.

    A definition exported from a solution brings its own connection references; those given beside
    it win, entry by entry.
    """
    from .. import flow

    given = references if references is not None else {}
    try:
        document = flow.parse_document(definition)
        merged = flow.normalize_references(
            {**document.connection_references, **given} if isinstance(given, Mapping) else given,
            document.definition,
            "connection_references",
        )
        return _Form(flow.dump(document.definition), merged)
    except PowerAutomateError as error:
        raw = definition if isinstance(definition, str) else json.dumps(definition)
        # What is wrong with the text as a whole has no place in the document.
        named = str(error).startswith(("definition", "connection_references"))
        hint = "" if named else _kind_hint(definition)
        return _Form(raw, references, f"{'' if named else 'definition: '}{error}{hint}")


def _found(form: _Form, ignore: Any, *, secret: bool) -> _Findings:
    """The problems and warnings of a flow, worked out once per process for equal ones."""
    parts = marshal.dumps((form.definition, form.references, form.problem, ignore, secret), 2)
    return _once(_findings, parts, lambda: _find(form, ignore, secret=secret))


def _find(form: _Form, ignore: Any, *, secret: bool) -> _Findings:
    from .. import flow
    from ..flow.validation import ignored_rules

    if form.problem:
        line = f"definition: cannot be read as a flow. {_SHOWN_BY}" if secret else form.problem
        return _Findings((line,))
    try:
        overruled = ignored_rules(ignore) if ignore is not None else ()
    except PowerAutomateError as error:
        return _Findings((str(error),))
    found = flow.validate(json.loads(form.definition), form.references, overruled)
    errors = [item for item in found if item.severity == "error"]
    warnings = [item for item in found if item.severity == "warning"]
    problems = _rules_broken(errors) if secret else _lines(errors)
    return _Findings(tuple(problems), tuple(_lines(warnings)))


def _kind_hint(text: Any) -> str:
    """A guess at the format of a text that is not JSON, as a sentence to append."""
    if not isinstance(text, str):
        return ""
    lines = text.strip().splitlines()
    if len(lines) == 1 and re.search(r"\.(json|ya?ml|zip)$", lines[0], re.IGNORECASE):
        return f" It looks like a path; pass powerautomate.read_definition({lines[0]!r})."
    if lines and re.match(r"(---|%YAML|[\w$\"']+:(\s|$))", lines[0]):
        return " It looks like YAML; a definition is JSON, so parse it and pass the dict."
    return ""


def _lines(problems: list[Any]) -> list[str]:
    """One line each, of so many as a person reads at once."""
    shown = [one_line(str(problem), _LONGEST_LINE) for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        shown.append(
            f"definition: and {len(problems) - _MOST_PROBLEMS} more; "
            "`pulumi-powerautomate validate FILE` lists all."
        )
    return shown


def _rules_broken(problems: list[Any]) -> list[str]:
    """Problems of a secret definition, without quoting it."""
    from ..flow.validation import RULES

    times = Counter(problem.code for problem in problems)
    return [
        f"definition: {RULES[code].title}{f' ({count} times)' if count > 1 else ''} [{code}]. "
        f"{_SHOWN_BY}"
        for code, count in times.items()
    ]

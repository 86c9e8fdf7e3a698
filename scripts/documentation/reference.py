"""The reference: one page for each kind of thing that a user can name, made from the code."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from .discovery import command_line, emulator_options, public, table
from .docstrings import described_fields, sections

_SHORT = (("pulumi.Input", "Input"), ("pulumi.Output", "Output"), ("typing.", ""))


_LONGEST_SIGNATURE = 60


class UndocumentedError(Exception):
    """Something public has no words of its own."""


def pages() -> dict[str, str]:
    """
    Every page of the reference, by the name of its file.

    Raises:
        UndocumentedError: an input, argument, field, option or rule is not described.
    """
    found = {f"{name}.md": _resource(name, kind) for name, kind in public("resource")}
    found["functions.md"] = _functions()
    found["types.md"] = _types()
    found["errors.md"] = _errors()
    found["settings.md"] = _settings()
    found["command-line.md"] = _commands()
    found["validation-codes.md"] = _rules()
    found["emulator-switches.md"] = _switches()
    return found


def cell(text: str) -> str:
    """Text that stands in a cell of a table."""
    return re.sub(r"\s+", " ", text).strip().replace("|", r"\|")


def rows(heading: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    """A table."""
    head = f"| {' | '.join(heading)} |\n|{'---|' * len(heading)}\n"
    return head + "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines)


def _code(text: object) -> str:
    return f"`{text}`"


def _annotation(value: Any) -> str:
    value = getattr(value, "__forward_arg__", value)
    text = value if isinstance(value, str) else getattr(value, "__name__", str(value))
    for long, short in _SHORT:
        text = text.replace(long, short)
    return text


def _meaning(where: str, name: str, described: Mapping[str, str]) -> str:
    if not described.get(name):
        raise UndocumentedError(f"{where}: {name} is not described.")
    return described[name]


def _resource(name: str, kind: Any) -> str:
    told = sections(kind)
    inputs = [item for item in inspect.signature(kind).parameters.values() if item.name != "self"]
    lines = []
    for item in inputs:
        required = " **required**" if item.default is inspect.Parameter.empty else ""
        named = f"{_code(item.name)}{required}<br>{_code(_annotation(item.annotation))}"
        lines.append((named, _meaning(name, item.name, told.args)))
    hints = getattr(kind, "declared_outputs", None) or inspect.get_annotations(kind)
    outputs = [key for key, value in hints.items() if "Output" in str(value)]
    text = f"# {name}\n\n{told.text}\n\n## Inputs\n\n"
    text += rows(("Input", "Meaning, and what a change does"), lines)
    if outputs:
        text += "\n## Outputs\n\nEvery input is an output of the same name; all outputs:\n\n"
        typed = [(_code(key), _code(_annotation(hints[key]))) for key in outputs]
        text += rows(("Output", "Type"), typed)
    for method, function in _own_methods(kind):
        text += f"\n## `{name}.{method}`\n\n" + _call(function, f"{name}.{method}")
    return text


def _own_methods(kind: type) -> list[tuple[str, Any]]:
    return [
        (name, getattr(kind, name))
        for name, value in vars(kind).items()
        if isinstance(value, (classmethod, staticmethod)) and not name.startswith("_")
    ]


def _call(function: Any, name: str) -> str:
    """A function's signature and sections."""
    told = sections(function)
    signature = inspect.signature(function)
    text = f"```python\n{name}{_written(signature)}\n```\n\n{told.text}\n\n"
    arguments = [item for item in signature.parameters.values() if item.name not in ("cls", "self")]
    lines = [(_code(item.name), _meaning(name, item.name, told.args)) for item in arguments]
    if lines:
        text += rows(("Argument", "Meaning"), lines) + "\n"
    if told.returns:
        text += f"Returns: {told.returns}\n\n"
    if told.raises:
        text += rows(("Raises", "When"), [(_code(key), told.raises[key]) for key in told.raises])
    return text


def _written(signature: inspect.Signature) -> str:
    """A signature on one line, or with a line for each parameter where that is too long."""
    parts: list[str] = []
    for item in signature.parameters.values():
        if item.kind is item.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        default = "" if item.default is item.empty else f" = {item.default!r}"
        default = " = …" if callable(item.default) and default else default
        parts.append(f"{item.name}: {_annotation(item.annotation)}{default}")
    result = f" -> {_annotation(signature.return_annotation)}"
    short = f"({', '.join(parts)}){result}"
    if len(short) <= _LONGEST_SIGNATURE:
        return short
    return "(\n" + "".join(f"    {part},\n" for part in parts) + f"){result}"


def _functions() -> str:
    functions = dict(public("function"))
    text = (
        "# Functions\n\nA look-up asks the environment when the program calls it, in previews too. "
        "Its twin with `_output` takes inputs and returns an output, so that it can depend on a "
        "resource; its arguments are the same.\n"
    )
    for name, function in functions.items():
        if name.endswith("_output") and name.removesuffix("_output") in functions:
            continue
        text += f"\n## {name}\n\n"
        if f"{name}_output" in functions:
            text += f"Twin: `{name}_output`.\n\n"
        text += _call(function, name)
    return text


def _types() -> str:
    text = "# Types\n\nDictionaries that functions return and resources take.\n"
    for name, kind in public("type"):
        described = {**described_fields(kind), **sections(kind).attributes}
        hints = inspect.get_annotations(kind)
        lines = [
            (f"{_code(key)}<br>{_code(_annotation(hints[key]))}", _meaning(name, key, described))
            for key in hints
        ]
        text += f"\n## {name}\n\n{sections(kind).text}\n\n"
        text += rows(("Member", "Meaning"), lines)
    for name, choices in public("literal"):
        text += f"\n## {name}\n\nOne of {', '.join(_code(item) for item in get_args(choices))}.\n"
    return text


def _errors() -> str:
    text = (
        "# Exceptions\n\nEverything that is raised on purpose. `str(error)` is one line, free of "
        "secrets and of response bodies.\n"
    )
    for name, kind in public("error"):
        told = sections(kind)
        base = kind.__mro__[1].__name__
        text += f"\n## {name}\n\n"
        text += f"A kind of [{base}](#{base.lower()}).\n\n" if base != "Exception" else ""
        text += f"{told.text}\n\n"
        if told.attributes:
            lines = [(_code(key), told.attributes[key]) for key in told.attributes]
            text += rows(("Attribute", "Meaning"), lines)
    return text


def _settings() -> str:
    meanings = sections(dict(public("resource"))["Provider"]).args
    text = (
        "# Settings\n\nEach setting is an argument of `Provider`, a key of the stack's "
        "configuration and one or more environment variables. An argument wins over both; which of "
        "the other two wins stands with each. Of several variables the first that is set "
        "counts.\n\n"
        "Variables of the process that are no settings are listed under "
        "[Configuration](../configuration.md#variables-of-the-process).\n"
    )
    for name, setting in table("SETTINGS", "variables").items():
        wins = "configuration" if setting.kind == "where" else "variable"
        meaning = _meaning("Provider", name, meanings)
        text += f"\n## {name}\n\n{meaning[0].upper()}{meaning[1:]}\n\n"
        text += f"- configuration: {_code(setting.key)}{', a secret' if setting.secret else ''}\n"
        text += f"- variables: {', '.join(map(_code, setting.variables))}\n"
        text += f"- wins: the {wins}\n"
    return text


def _commands() -> str:
    root = command_line()
    text = f"# Command line\n\n{root.description}\n"
    options = _options(root)
    if options:
        text += "\n" + options
    verbs = next(
        action for action in root._actions if isinstance(action, argparse._SubParsersAction)
    )
    helps = {item.dest: item.help or "" for item in verbs._choices_actions}
    for verb, parser in verbs.choices.items():
        shown = emulator_options() if verb == "emulator" else parser
        if not helps.get(verb):
            raise UndocumentedError(f"the verb {verb} has no help.")
        text += f"\n## {verb}\n\n{helps[verb][0].upper()}{helps[verb][1:]}.\n\n"
        text += _options(shown)
    return text


def _options(parser: argparse.ArgumentParser) -> str:
    lines = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        name = ", ".join(map(_code, action.option_strings)) or _code(action.metavar or action.dest)
        if action.option_strings and action.nargs != 0:
            name += f" {action.metavar or action.dest.upper()}"
        meanings = [(action.help or "") % {"default": action.default}]
        if action.choices:
            meanings.append(f"one of {', '.join(map(_code, action.choices))}")
        meaning = "; ".join(filter(None, meanings))
        if not meaning:
            raise UndocumentedError(f"{parser.prog}: {name} has no help.")
        lines.append((name, meaning))
    return rows(("Argument or option", "Meaning"), lines) if lines else ""


def _rules() -> str:
    rules = table("RULES").values()
    lines = [(rule.code, rule.severity, rule.title) for rule in rules]
    policies = [(_code(name), rule.title) for name, rule in table("POLICIES").items()]
    never = " and ".join(sorted(table("NEVER_IGNORED")))
    text = (
        "# Validation codes\n\nWhat `validate`, previews and `up` find in a definition. A code "
        f"never changes its meaning. `ignore` overrules every rule but {never}.\n\n"
    )
    text += rows(("Code", "Severity", "Found"), lines)
    text += "\n## Policies\n\nThey hold where a file names them: [Policies](../policies.md).\n\n"
    return text + rows(("Policy", "Demands"), policies)


def _switches() -> str:
    lines = []
    for name, (allowed, default, meaning) in table("SWITCHES").items():
        values = f"a number ({allowed.__name__})" if isinstance(allowed, type) else ", ".join(
            map(_code, allowed)
        )  # fmt: skip
        lines.append((_code(name), values, _code(default), meaning))
    return (
        "# Emulator switches\n\nQuestions that Microsoft's documentation leaves open, each with "
        "the answer thought likelier as its default. Set one with `--switch NAME=VALUE`, or with "
        "`emulator.control.switches(NAME=VALUE)` in tests.\n\n"
        + rows(("Switch", "Values", "Default", "Decides"), lines)
    )

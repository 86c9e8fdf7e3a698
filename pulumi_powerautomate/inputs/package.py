"""
Checks of the inputs of `SolutionImport`, and how a package becomes inputs.

The program's process reads the package; its bytes stay on disk, and what travels is the path, the
hash and a summary. The provider's process reads it again and compares the hash.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from ..errors import InvalidInputError, PowerAutomateError
from ..files import temporary_folder, write_whole
from ..provider import is_unknown, one_line_errors

if TYPE_CHECKING:
    from ..solution import SolutionPackage

DIGESTS = "__flows"
CONTENTS = "__contents"
# What the settings file says beside its values; looked at and dropped by the check.
SETTINGS = "__settings"
TIMEOUTS = "__timeouts"
_BY_HASH = "sha256:"
MODES = ("update", "upgrade", "stage", "hold")
_ACTIVATE = ("as-exported", "all", "none")
_FLAGS = ("overwrite_unmanaged_customizations", "publish_workflows", "convert_to_managed",
          "skip_product_update_dependencies", "synchronous")  # fmt: skip
# What the constructor works out from the package.
FROM_PACKAGE = ("package", "sha256", "solution", "version", "managed", "flows", DIGESTS, CONTENTS)
_LONGEST_TIMEOUT = 86_400
# Units of the durations that Pulumi takes, in seconds.
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def package_inputs(package: Any) -> dict[str, Any]:
    """The inputs that a package stands for, at once when it is a plain path or plain bytes."""
    if isinstance(package, (str, Path, bytes, bytearray)):
        return _read(package)
    whole = pulumi.Output.from_input(package).apply(_read)

    def member(name: str) -> pulumi.Output[Any]:
        return whole.apply(lambda found: found[name])

    return {name: member(name) for name in FROM_PACKAGE}


def settings_inputs(
    settings: Any, connection_references: Any, environment_variables: Any
) -> dict[str, Any]:
    """
    Bindings and values with those of a settings file; what is given beside the file wins.

    At once when everything is plain, so that a preview is told of the file's mistakes.
    """
    given = {
        "connection_references": connection_references,
        "environment_variables": environment_variables,
    }
    if settings is None:
        return given
    if isinstance(settings, (str, Path, Mapping)) and all(
        value is None or isinstance(value, Mapping) for value in given.values()
    ):
        return _with_settings(settings, given)
    whole = pulumi.Output.all(settings, *given.values()).apply(
        lambda items: _with_settings(items[0], dict(zip(given, items[1:], strict=True)))
    )

    def member(name: str) -> pulumi.Output[Any]:
        return whole.apply(lambda found: found[name])

    return {name: member(name) for name in (*given, SETTINGS)}


def _with_settings(settings: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    from ..solution.settings_file import parse_settings, read_settings

    where = "settings" if isinstance(settings, Mapping) else f"settings {settings}"
    try:
        found = (
            parse_settings(settings) if isinstance(settings, Mapping) else read_settings(settings)
        )
    except PowerAutomateError as error:
        text = str(error)
        line = text if text.startswith(str(settings)) else f"{where} {text}"
        return {**given, SETTINGS: json.dumps({"problem": f"settings: {line}"})}
    # An empty value of a variable sets nothing, and an empty connection keeps the binding.
    values = {name: text for name, text in found.variables.items() if text}
    from_file = {
        "connection_references": found.connections if found.lists_references else None,
        "environment_variables": values if found.lists_variables else None,
    }
    told = {
        "where": where,
        "connectors": dict(found.connectors),
        "names": [n for n, v in found.variables.items() if not v],
    }
    return {
        **{name: _merged(values, given[name]) for name, values in from_file.items()},
        SETTINGS: json.dumps(told),
    }


def _merged(from_file: Mapping[str, str] | None, given: Mapping[str, Any] | None) -> Any:
    if from_file is None or given is None:
        return given if from_file is None else dict(from_file)
    folded = {name.lower() for name in given}
    rest = {name: value for name, value in from_file.items() if name.lower() not in folded}
    return {**rest, **given}


def package_path(package: str) -> Path:
    """Where a package's bytes are."""
    if package.startswith(_BY_HASH):
        return temporary_folder() / f"{package.removeprefix(_BY_HASH)}.zip"
    return Path(package)


@one_line_errors
def operation_timeouts(opts: pulumi.ResourceOptions | None) -> dict[str, float] | None:
    """
    Seconds by operation (`create`, `update`, `delete`) from the resource's `custom_timeouts`.

    The engine does not hand them to a dynamic provider, so they travel as a hidden input.

    Raises:
        InvalidInputError: a duration cannot be understood.
    """
    given = opts.custom_timeouts if opts is not None else None
    if given is None:
        return None
    texts = {name: getattr(given, name, None) for name in ("create", "update", "delete")}
    return {name: _seconds(str(text), name) for name, text in texts.items() if text} or None


def _seconds(text: str, name: str) -> float:
    parts = re.findall(r"([\d.]+)(ms|[smhd])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise InvalidInputError(
            f"custom_timeouts: {name} is {text!r}; give a duration such as 90s, 30m or 1h30m."
        )
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def check_inputs(inputs: dict[str, Any]) -> list[str]:
    """Problems of the inputs, one line each; defaults are filled in."""
    contents, settings = inputs.pop(CONTENTS, None), inputs.pop(SETTINGS, None)
    problems = _check_options(inputs)
    told = json.loads(settings) if isinstance(settings, str) and not is_unknown(settings) else {}
    if told.get("problem"):
        return [told["problem"], *problems]
    if is_unknown(contents) or is_unknown(inputs.get("sha256")):
        return problems
    if contents is None:
        # Inputs that were read back: the package was looked at when they were made.
        return problems
    found = json.loads(contents)
    if found.get("problem"):
        return [found["problem"], *problems]
    problems += _check_settings(told, found)
    problems += _check_bindings(inputs, found["references"])
    problems += _check_variables(inputs, found["variables"])
    problems += _check_connections(inputs, found["connectors"])
    if not inputs["managed"] and inputs.get("mode") in ("upgrade", "stage", "hold"):
        problems.append(
            f"mode is {inputs['mode']!r}, but {inputs['package']} is unmanaged, which can only be "
            'updated; use "update" or export as managed.'
        )
    return problems


def _read(package: str | Path | bytes | bytearray) -> dict[str, Any]:
    # Loaded when there is a package: every provider process imports this module.
    from ..solution import read_package

    try:
        where = _kept(package) if isinstance(package, (bytes, bytearray)) else str(package)
        found = read_package(package_path(where))
    except PowerAutomateError as error:
        empty = dict.fromkeys(FROM_PACKAGE)
        shown = "" if isinstance(package, (bytes, bytearray)) else str(package)
        problem = json.dumps({"problem": str(error)})
        return {**empty, "package": shown, CONTENTS: problem}
    return {
        "package": where,
        "sha256": found.sha256,
        "solution": found.unique_name,
        "version": found.version,
        "managed": found.managed,
        "flows": {flow.id: flow.name for flow in found.flows},
        DIGESTS: {flow.id: flow.digest for flow in found.flows},
        CONTENTS: _contents(found),
    }


def _contents(package: SolutionPackage) -> str:
    connectors = {name for flow in package.flows for name in flow.embedded_connectors}
    return json.dumps(
        {
            "references": dict(package.connection_references),
            "variables": {
                name: {
                    "type": item.type,
                    "needed": item.required and item.default is None and item.value is None,
                }
                for name, item in package.variables.items()
            },
            "connectors": sorted(connectors),
        }
    )


def _kept(data: bytes | bytearray) -> str:
    """Keep bytes where the provider's process finds them; returns what stands for them."""
    name = hashlib.sha256(data).hexdigest()
    write_whole(temporary_folder() / f"{name}.zip", bytes(data), private=True)
    return _BY_HASH + name


def _check_options(inputs: dict[str, Any]) -> list[str]:
    problems = []
    inputs.setdefault("activate_flows", "as-exported")
    inputs.setdefault("publish_workflows", True)
    managed = inputs.get("managed")
    if not is_unknown(managed) and managed is not None:
        inputs.setdefault("mode", "upgrade" if managed else "update")
        # An unmanaged import that leaves existing flows alone would change nothing.
        inputs.setdefault("overwrite_unmanaged_customizations", not managed)
    for key, allowed in (("mode", MODES), ("activate_flows", _ACTIVATE)):
        value = inputs.get(key)
        if value is not None and not is_unknown(value) and value not in allowed:
            choices = ", ".join(f'"{item}"' for item in allowed)
            problems.append(f"{key} is {value!r}; use one of {choices}.")
    for key in _FLAGS:
        value = inputs.get(key)
        if value is not None and not is_unknown(value) and not isinstance(value, bool):
            problems.append(f"{key} is {value!r}; use True or False.")
    timeout = inputs.get("import_timeout")
    if timeout is not None and not is_unknown(timeout):
        number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
        if not number or not 1 <= timeout <= _LONGEST_TIMEOUT:
            problems.append(
                f"import_timeout is {timeout!r}; use seconds from 1 to {_LONGEST_TIMEOUT}."
            )
    for key in ("connection_references", "environment_variables", "connections"):
        value = inputs.get(key)
        if value is None or is_unknown(value):
            continue
        if not isinstance(value, Mapping) or not all(
            isinstance(item, str) for item in value.values()
        ):
            problems.append(f"{key} is not a mapping from names to strings.")
            del inputs[key]
    return problems


def _check_settings(told: Mapping[str, Any], package: Mapping[str, Any]) -> list[str]:
    """Connectors that the settings file and the package name differently, and unknown names."""
    if not told:
        return []
    known = {name.lower(): connector for name, connector in package["references"].items()}
    problems = [
        f"{told['where']}: the connection reference {name} is for {known[name.lower()]}, not for "
        f"{connector}."
        for name, connector in told["connectors"].items()
        if known.get(name.lower()) and known[name.lower()].lower() != connector.lower()
    ]
    # Those with a value are looked at with the values that are given beside the file.
    variables = {name.lower() for name in package["variables"]}
    problems += [
        f"{told['where']}: the package has no environment variable {name!r}."
        for name in told["names"]
        if name.lower() not in variables
    ]
    return problems


def _check_bindings(inputs: Mapping[str, Any], known: Mapping[str, str]) -> list[str]:
    given = inputs.get("connection_references")
    if given is None or is_unknown(given):
        return []
    problems = _unknown_names("connection_references", given, known, "connection reference")
    folded = {name.lower() for name in given}
    missing = [name for name in known if name.lower() not in folded]
    if missing:
        problems.append(
            f"connection_references binds nothing to {', '.join(missing)}, which the package has; "
            'give a connection, or "" to keep the binding that the environment has.'
        )
    return problems


def _check_variables(inputs: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    from ..flow import utf16_length
    from ..solution.variable_types import LONGEST_VALUE, wanted_instead

    given = inputs.get("environment_variables")
    if is_unknown(given):
        return []
    values = given or {}
    problems = _unknown_names("environment_variables", values, known, "environment variable")
    folded = {name.lower(): item for name, item in known.items()}
    for name, value in values.items():
        kind = folded.get(name.lower(), {}).get("type")
        wanted = wanted_instead(kind, value)
        if wanted:
            # The value itself may be a secret.
            problems.append(f"environment_variables: {name} is of type {kind}; give {wanted}.")
        elif utf16_length(value) > LONGEST_VALUE:
            problems.append(
                f"environment_variables: the value of {name} has {utf16_length(value)} "
                f"characters; Dataverse takes {LONGEST_VALUE}."
            )
    if given is not None:
        there = {name.lower() for name in values}
        problems += [
            f"environment_variables: {name} is required and has no default; give a value."
            for name, item in known.items()
            if item["needed"] and name.lower() not in there
        ]
    return problems


def _check_connections(inputs: Mapping[str, Any], connectors: list[str]) -> list[str]:
    given = inputs.get("connections")
    if given is None or is_unknown(given):
        return []
    return _unknown_names("connections", given, dict.fromkeys(connectors), "embedded connection")


def _unknown_names(
    where: str, given: Mapping[str, Any], known: Mapping[str, Any], what: str
) -> list[str]:
    folded = {name.lower() for name in known}
    problems = []
    for name in given:
        if name.lower() not in folded:
            near = difflib.get_close_matches(name, known, n=1)
            listed = ", ".join(sorted(known)) or "none"
            hint = f"did you mean {near[0]!r}?" if near else f"it has {listed}."
            problems.append(f"{where}: the package has no {what} {name!r}; {hint}")
    return problems

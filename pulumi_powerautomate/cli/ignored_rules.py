"""
Rules that a folder of flows overrules: `.pulumi-powerautomate.json`.

    {"validate": {"ignore": ["FLOW606"], "files": {"flows/vendor/*.json": ["FLOW303"]}}}

`ignore` holds for every flow, `files` for those whose path matches; a flow in a package is called
`package.zip:Workflows/Name.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ..errors import InvalidInputError, PowerAutomateError
from ..flow import parse_json
from ..flow.validation import ignored_rules
from .flow_files import FlowFile, read_text

FILE = ".pulumi-powerautomate.json"


@dataclass(frozen=True)
class IgnoredRules:
    """
    Which rules are overruled where.

    Attributes:
        everywhere: codes that hold for no flow.
        by_pattern: codes by pattern of a path.
    """

    everywhere: frozenset[str] = frozenset()
    by_pattern: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, flow: FlowFile) -> frozenset[str]:
        """The codes that do not hold for a flow."""
        name = flow.name.replace("\\", "/").removeprefix("./")
        codes = [c for pattern, c in self.by_pattern.items() if fnmatchcase(name, pattern)]
        return self.everywhere.union(*codes)


def read_ignored_rules(given: Sequence[str], config: str | None) -> IgnoredRules:
    """
    The rules overruled on the command line and in the file.

    Args:
        given: values of `--ignore`: codes, several of them with commas.
        config: the file's path; the one of the working folder, if there is one, by default.

    Raises:
        InvalidInputError: a code is of no rule, or the file cannot be understood.
    """
    codes = [code for text in given for code in text.split(",") if code.strip()]
    everywhere = ignored_rules(codes, "--ignore")
    path = config or (FILE if Path(FILE).is_file() else None)
    if path is None:
        return IgnoredRules(everywhere)
    try:
        document = parse_json(read_text(path))
    except PowerAutomateError as error:
        raise InvalidInputError(f"{path}: {error}") from None
    section = document.get("validate") if isinstance(document, Mapping) else None
    if not isinstance(section, Mapping) or not set(section) <= {"ignore", "files"}:
        raise InvalidInputError(
            f'{path} has no "validate" with "ignore" and "files" alone; see the page on validation.'
        )
    files = section.get("files", {})
    if not isinstance(files, Mapping):
        raise InvalidInputError(f"{path}: files is not an object of patterns.")
    return IgnoredRules(
        everywhere | ignored_rules(section.get("ignore", []), f"{path}: ignore"),
        {name: ignored_rules(item, f"{path}: {name}") for name, item in files.items()},
    )

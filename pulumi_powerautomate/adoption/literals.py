"""Names and texts of others as a program's source, whatever its language."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence

from ..inputs.shares import ROLES
from ..terminal import shown

# What ends a line for tools of a language, inside of a literal too, or turns the text around it.
_ENDS_A_LINE = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)


def quoted(value: str) -> str:
    """A string as Python, TypeScript and YAML read it; JSON spells the same, but for UTF-8."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        # Python alone gets this far: no other language is given what UTF-8 cannot hold.
        return ascii(str(value))
    return _ENDS_A_LINE.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)
    )


def one_line(value: str) -> str:
    """A name on one line, of characters that show."""
    line = " ".join(value.encode("utf-8", "replace").decode().split())
    return "".join(filter(str.isprintable, line))


def access(rights: Sequence[str]) -> str:
    """The role that stands for some rights, or the list of them."""
    role = next((name for name, found in ROLES.items() if tuple(rights) == found), None)
    return quoted(role) if role else f"[{', '.join(map(quoted, rights))}]"


def reasons(ignored: Mapping[str, str], width: int) -> list[str]:
    """Lines of a comment on each rule that a flow ignores."""
    lines = [
        shown(f"{code}: {' '.join(text.split())} The flow is on, so the rule is wrong about it.")
        for code, text in sorted(ignored.items())
    ]
    return [part for line in lines for part in textwrap.wrap(line, width)]


def project_file(project: str, environment_url: str, runtime: str) -> str:
    """The beginning of `Pulumi.yaml`."""
    description = f"Cloud flows of {environment_url}"
    return (
        f"name: {json.dumps(project)}\ndescription: {json.dumps(description)}\nruntime: {runtime}\n"
    )

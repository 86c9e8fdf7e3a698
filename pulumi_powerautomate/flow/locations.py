"""Where in the text of a JSON document a path points to."""

from __future__ import annotations

import bisect
import json
import re

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+')


class Lines:
    """
    The lines of a document's members, by path.

    Args:
        text: the JSON text; one that `parse_json` accepts.
    """

    def __init__(self, text: str) -> None:
        self._breaks = [found.start() for found in re.finditer("\n", text)]
        self._lines = self._read(text)

    def of(self, path: str) -> int:
        """
        The line of a member, counted from 1.

        Args:
            path: such as `actions.Send_mail.inputs`, in the definition. What is not there has the
                line of what should hold it.
        """
        for prefix in ("properties.definition.", "definition.", ""):
            if prefix and prefix[:-1] not in self._lines:
                continue
            candidate = prefix + path
            while candidate:
                if candidate in self._lines:
                    return self._lines[candidate]
                candidate = candidate[: max(candidate.rfind("."), candidate.rfind("["), 0)]
        return 1

    def _read(self, text: str) -> dict[str, int]:
        lines: dict[str, int] = {}
        holders: list[str] = []
        indexes: list[int] = []
        path, is_key = "", False
        for token in _TOKEN.finditer(text):
            found = token.group()
            if found in ("}", "]"):
                holders.pop()
                indexes.pop()
                continue
            if found == ",":
                is_key = indexes[-1] < 0
                continue
            if found == ":":
                continue
            if is_key:
                path = _joined(holders[-1], str(json.loads(found)))
                lines.setdefault(path, bisect.bisect(self._breaks, token.start()) + 1)
                is_key = False
                continue
            if indexes and indexes[-1] >= 0:
                path = f"{holders[-1]}[{indexes[-1]}]"
                indexes[-1] += 1
                lines.setdefault(path, bisect.bisect(self._breaks, token.start()) + 1)
            if found in ("{", "["):
                holders.append(path)
                indexes.append(-1 if found == "{" else 0)
                is_key = found == "{"
        return lines


def _joined(holder: str, key: str) -> str:
    return f"{holder}.{key}" if holder else key

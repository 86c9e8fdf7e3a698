"""The page that people read: what was answered, and everything the file holds as text."""

from __future__ import annotations

import re
from typing import Any

from .anonymise import HOST, strings_in
from .compare import comparisons
from .names import PREFIX
from .result import File

_LONGEST = 300
# Numbers, times and codes; our own names; addresses whose host was replaced; documents of flows,
# which hold nothing but what was sent and words that stand for what was not.
_SAYS_NOTHING = re.compile(
    rf"(?:0x[0-9a-fA-F]+|[\d\W]*(?:[AP]M|T[\d:.]+Z)?)$|{PREFIX}|https?://{re.escape(HOST)}/api/data/"
    r'|\{"|W/"\d+"$'
)


def page_text(file: File) -> str:
    """Markdown: a table of answers, what differs from the emulator, and every text of the file."""
    document = file.document
    service = document["service"]
    found = list(comparisons(file))
    decided = [item for item in found if item.service is not None]
    different = [item for item in found if item.verdict == "different"]
    lines = [
        "# Answers of the service",
        "",
        f"Dataverse {service['version']} ({service['kind']}, {service['cloud']} cloud), asked by "
        f"pulumi-powerautomate {document['product']} with {document['requests']} requests. "
        f"{len(decided)} of {len(found)} questions are answered, {len(different)} otherwise than "
        "by the emulator.",
        "",
        "| Question | Answer | Emulator | |",
        "|---|---|---|---|",
    ]
    for item in found:
        mark = {"same": "", "different": "**different**", "open": "open"}[item.verdict]
        answer = _cell(item.remark) if item.service is None else f"`{_cell(str(item.service))}`"
        emulator = "" if item.emulator is None else f"`{_cell(str(item.emulator))}`"
        lines.append(f"| {_cell(item.question)} | {answer} | {emulator} | {mark} |")
    lines += ["", "## What to look at before you send the file", ""]
    lines.append(
        "Ids, hosts, names, addresses, tokens and times were replaced. These are all the texts "
        "that the service's answers have in the file; none of them should say anything about you."
    )
    lines += ["", "```text", *(_short(text) for text in answered_texts(document)), "```", ""]
    return "\n".join(lines)


def answered_texts(document: Any) -> list[str]:
    """The different texts of the answers, but for numbers, our own names and addresses of rows."""
    found: dict[str, None] = {}
    for item in document["exchanges"]:
        response = item["response"]
        for text in (*strings_in(response.get("body")), *response["headers"].values()):
            if not _SAYS_NOTHING.match(text):
                found.setdefault(re.sub(r"\d+", "0", text), None)
    return sorted(found)


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("```", "'''")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} … ({len(line)} characters)"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

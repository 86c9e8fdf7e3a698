"""
Exchanges without anything private: ids, hosts, names, addresses, tokens and times replaced.

What is not known to be harmless is replaced. A text of an answer stays when a request of the run
has sent the same, when it is a message or a code of an error, or when it is of a shape that says
nothing about anybody. The same id becomes the same number wherever it stands, so that an exchange
still says which row it is about.
"""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from ..redaction import redact
from ..solution.zip import zipped
from .exchange import Exchange, exchange_document
from .names import PREFIX, Names

HOST = "org.example.com"
TEXT = "text"
_MOST_ITEMS = 12
_FILE = "CustomizationFile"
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_UNDASHED = re.compile(r"(?<![0-9a-zA-Z])[0-9a-fA-F]{32,}(?![0-9a-zA-Z])")
_PLACEHOLDER = re.compile(r"00000000-0000-(?:4000-8000|0000-0000)-[0-9]{12}")
# Annotations have the form of an address.
_EMAIL = re.compile(r"[\w.+-]+@(?!odata\.|microsoft\.dynamics\.)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?(?![\d.])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?")
_NAME = re.compile(
    r"(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:com|net|org|cn|us|de|io|eu|ms|cloud|local|ai|app|dev|uk)"
    r"(?::\d+)?(?![\w-])",
    re.IGNORECASE,
)
# Addresses of documentation and of formats, which everybody's answers name.
_PUBLIC = frozenset(
    {"go.microsoft.com", "learn.microsoft.com", "docs.microsoft.com", "schema.management.azure.com",
     "schemas.openxmlformats.org", "schemas.microsoft.com", "www.w3.org"}
)  # fmt: skip
_CODE = re.compile(r'(\\*")code(\\*"\s*:)')
_REQUEST_IDS = frozenset({"req_id", "x-ms-service-request-id"})
_NO_ID = "00000000-0000-0000-0000-000000000000"
_ERROR_MEMBERS = frozenset({"code", "message"})
# Members of answers whose text is the service's own word.
_HARMLESS = frozenset(
    {"AccessMask", "@odata.context", "@odata.etag", "@odata.nextLink", "@odata.type",
     "StageSolutionStatus", "SolutionValidationResultType", "Version"}
)  # fmt: skip
_SHAPES = re.compile(r"[\d/.:\s,-]*(?:[AP]M)?|true|false|W/\"\d+\"", re.IGNORECASE)
_KEPT_HEADERS = frozenset(
    {"odata-version", "odata-entityid", "location", "content-type", "cache-control", "expires",
     "preference-applied", "retry-after", "etag", "allow", "www-authenticate", "req_id",
     "x-ms-service-request-id", "x-ms-dop-hint", "strict-transport-security", "401_error_reason"}
)  # fmt: skip
_SIGN_IN_CODE = re.compile(r"AADSTS\d+|^[a-z_]+$")


class PrivateTextError(Exception):
    """Something private would be in the file, so it is not written."""


class Anonymiser:
    """
    Replaces what is private; one for a whole run.

    Args:
        private: texts that must not stay.
        names: the run's names, whose number is replaced too.
    """

    def __init__(self, private: Iterable[str], names: Names) -> None:
        self._private = sorted({text for text in private if len(text) > 2}, key=len, reverse=True)
        self._names = names
        self._ids: dict[str, str] = {}
        self._sent: set[str] = set()

    def id(self, guid: str) -> str:
        """The replacement of an id."""
        lowered = guid.lower()
        if _PLACEHOLDER.fullmatch(lowered):
            return lowered
        number = len(self._ids) + 1
        return self._ids.setdefault(lowered, f"00000000-0000-4000-8000-{number:012d}")

    def exchange(self, exchange: Exchange) -> dict[str, Any]:
        """An exchange as the file holds it."""
        document = exchange_document(exchange)
        request, response = document["request"], document["response"]
        request["path"] = self.text(request["path"])
        if "headers" in request:
            request["headers"] = {key: self.text(value) for key, value in
                                  request["headers"].items()}  # fmt: skip
        if "body" in request:
            request["body"] = self._sent_value(request["body"])
        response["headers"] = self._headers(exchange.headers)
        if "body" in response:
            response["body"] = self._answered(exchange)
        return document

    def text(self, text: str) -> str:
        """A text with everything private in it replaced."""
        # The flow service calls its reasons `code`, which elsewhere is the name of a secret.
        text = _CODE.sub("\\1\0\\2", text)
        text = redact(text).replace("\0", "code")
        text = text.replace(self._names.run, _RUN).replace(self._names.prefix, f"pc{_RUN[:6]}")
        for private in self._private:
            if not _GUID.fullmatch(private):
                # Short ones count as whole words only: an organization may be called `org`.
                edge = r"\b" if len(private) < 6 else ""
                stands_for = HOST if "." in private and "@" not in private else "private"
                pattern = edge + re.escape(private) + edge
                text = re.sub(pattern, stands_for, text, flags=re.IGNORECASE)
        text = _EMAIL.sub("person@example.com", text)
        text = _NAME.sub(lambda found: _host(found[0]), text)
        text = _GUID.sub(lambda found: self.id(found[0]), text)
        text = _UNDASHED.sub("0" * 32, text)
        text = _ADDRESS.sub(lambda found: _number(found[0]), text)
        return _MOMENT.sub(
            lambda found: "2000-01-01T00:00:00" + re.sub(r"\d", "0", found[1] or ""), text
        )

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        kept = {}
        for name, value in headers.items():
            lowered = name.lower()
            if lowered in _REQUEST_IDS:
                kept[name] = _NO_ID
                continue
            known = lowered in _KEPT_HEADERS or lowered.startswith("x-ms-ratelimit-")
            kept[name] = self.text(value) if known else "…"
        return kept

    def _sent_value(self, value: Any) -> Any:
        """A value that we have sent: private are ids and addresses in it, and nothing else."""
        if isinstance(value, dict):
            return {
                key: self._package(item) if key == _FILE else self._sent_value(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._sent_value(item) for item in value]
        if isinstance(value, str):
            text = self.text(value)
            self._remember(text)
            return text
        return value

    def _package(self, value: Any) -> str:
        """A package of ours, with the ids and the number of the run in it replaced too."""
        try:
            data = base64.b64decode(str(value), validate=True)
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                parts = {
                    self.text(name): self.text(archive.read(name).decode()).encode()
                    for name in archive.namelist()
                }
        except (ValueError, zipfile.BadZipFile):
            return TEXT if len(str(value)) > 100 else self.text(str(value))
        return base64.b64encode(zipped(parts)).decode()

    def _remember(self, text: str) -> None:
        self._sent.add(text)
        inner = _document(text)
        if inner is not None:
            self._sent.update(strings_in(inner))

    def _answered(self, exchange: Exchange) -> Any:
        body = exchange.body
        if isinstance(body, str):
            # Of a batch or a page the lines with statuses say enough.
            return "\n".join(re.findall(r"^HTTP/1\.1 \d{3}[ \w]*", body, re.MULTILINE)) or TEXT
        operation = exchange.path.startswith("asyncoperations")
        return self._value(body, "", "", operation=operation)

    def _value(self, value: Any, key: str, parent: str, *, operation: bool) -> Any:
        if isinstance(value, dict):
            return {
                self.text(name): self._value(item, name, key, operation=operation)
                for name, item in value.items()
            }
        if isinstance(value, list):
            return [self._value(item, key, parent, operation=operation)
                    for item in value[:_MOST_ITEMS]]  # fmt: skip
        if not isinstance(value, str):
            return value
        return self._string(value, key, parent, operation=operation)

    def _string(self, value: str, key: str, parent: str, *, operation: bool) -> str:
        text = self.text(value)
        inner = _document(value)
        if inner is not None:
            return json.dumps(self._value(inner, "", "", operation=False), ensure_ascii=False)
        if key == "data" and value.lstrip().startswith("<"):
            return _outline(value)
        if key in ("error", "error_description"):
            found = _SIGN_IN_CODE.search(value)
            return found[0] if found else TEXT
        own_word = key in _HARMLESS or (parent == "error" and key in _ERROR_MEMBERS)
        if own_word or (operation and key in ("message", "friendlymessage")):
            return text
        harmless = text in self._sent or _SHAPES.fullmatch(text) or _only_ids(text)
        return text if harmless or text.startswith(PREFIX) else TEXT

    def check(self, document: str) -> None:
        """
        Look at a whole file once more.

        Raises:
            PrivateTextError: something private is in it.
        """
        lowered = document.lower()
        for private in self._private:
            edge = r"\b" if len(private) < 6 else ""
            if re.search(edge + re.escape(private.lower()) + edge, lowered):
                raise PrivateTextError("The file would name the environment or its people.")
        for found in _GUID.finditer(document):
            if not _PLACEHOLDER.fullmatch(found[0].lower()):
                raise PrivateTextError(f"The file would hold the id {found[0]}.")
        for found in _NAME.finditer(document):
            if _host(found[0]) != found[0].lower():
                raise PrivateTextError(f"The file would hold the host {found[0]}.")


# The number that every run has in its file.
_RUN = "000000000000"


def _host(name: str) -> str:
    lowered = name.lower()
    return lowered if lowered in _PUBLIC or lowered.endswith("example.com") else HOST


def _number(text: str) -> str:
    """An address of a machine; versions have four numbers as well."""
    parts = text.partition(":")[0].split(".")
    version = not text.count(":") and (parts[0] in ("1", "9") or any(len(p) > 3 for p in parts))
    return text if version else "192.0.2.1"


def _only_ids(text: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(text) or _MOMENT.fullmatch(text.rstrip("Z")))


def _document(text: str) -> Any:
    """The JSON object that a text is, such as a flow's document; None where it is none."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def strings_in(value: Any) -> Iterable[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, str):
        yield value


def _outline(xml: str) -> str:
    """Elements and outcomes of a result, without its texts and names."""
    kept = []
    for closing, name, attributes in re.findall(r"<(/?)([A-Za-z][\w.]*)([^>]*)>", xml):
        shown = " ".join(
            f'{key}="{value}"' if key in ("result", "errorcode", "processed") else f'{key}="…"'
            for key, value in re.findall(r'([A-Za-z]\w*)="([^"]*)"', attributes)
        )
        end = " /" if attributes.rstrip().endswith("/") else ""
        kept.append(f"<{closing}{name}{' ' if shown else ''}{shown}{end}>")
    return "".join(kept)

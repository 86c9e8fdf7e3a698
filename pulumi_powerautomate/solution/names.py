"""
Names of a package's files: what may become a file on any machine, and what belongs to a package.

A package may be unpacked into a repository, on a system whose file names are not those of the one
it was made on. A name that would leave the folder, that a version control system or a build runs,
that Windows keeps for devices, or that two systems take for one another is refused before anything
is read.

Source: "Naming Files, Paths, and Namespaces" (Microsoft Learn) for the reserved names; git's
`core.protectNTFS` and `core.protectHFS` for the spellings of `.git`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ..errors import InvalidInputError

_LONGEST = 255
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?: *\..*| *)",
    re.IGNORECASE,
)
# What HFS+ leaves out when it compares names.
_IGNORABLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\ufeff]")
_GIT = re.compile(r"(?:\.git|git~[0-9]+)[ .]*(?::.*)?", re.IGNORECASE)
_GIT_FILES = re.compile(r"\.git[a-z]+", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# Folders at a package's root, from exported solutions and the reference of solution components.
# Those of components that are rows of a table are called like the table, so the list is open:
# `unpack` writes down which others a package has.
COMPONENT_FOLDERS = frozenset(
    {
        *("aimodels", "appactions", "appmodules", "appmodulesitemaps", "assets", "bots"),
        *("botcomponents", "canvasapps", "connector", "connectors", "controls", "customapis"),
        *("dashboards", "desktopflowbinaries", "environmentvariabledefinitions", "formulas"),
        *("fxexpressions", "organizationsettings", "pluginassemblies", "pluginpackages"),
        *("powerpagecomponents", "powerpagesites", "powerpagesitelanguages", "reports"),
        *("settingdefinitions", "templates", "webresources", "workflows"),
    }
)
# What `pac solution unpack` takes out of the customizations, and only it can put together again.
SPLIT_BY_PAC = ("entities/", "optionsets/", "roles/", "other/relationships")
_LEFT_BEHIND = re.compile(
    r"\.git.*|\.ds_store|\._.*|thumbs\.db|desktop\.ini|\.svn|\.hg|\.venv|\.idea|\.vscode|\.vs"
    r"|node_modules|__pycache__|.*~|\.#.*|#.*#|\..*\.sw[a-p]|.*\.pyc",
    re.IGNORECASE,
)


def check(names: Iterable[str], where: str) -> None:
    """
    See to it that names can stand side by side in a folder, on any system.

    Raises:
        InvalidInputError: one would leave the folder, is reserved, or is like another one.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        _check_one(name, where)
        parts = name.rstrip("/").split("/")
        if not name.endswith("/"):
            folded = _folded(name)
            if folded in files:
                known = files[folded]
                again = "" if known == name else f", also as {name!r}: one file on some systems"
                raise InvalidInputError(f"{where} holds {known!r} twice{again}.")
            files[folded] = name
            parts.pop()
        for count in range(len(parts), 0, -1):
            folder = _folded("/".join(parts[:count]))
            if folder in folders:
                break
            folders[folder] = name
    for folder, name in folders.items():
        if folder in files:
            raise InvalidInputError(
                f"{where} holds {files[folder]!r} as a file and as a folder ({name!r})."
            )


def check_lengths(names: Iterable[str], where: str) -> None:
    """
    See to it that file systems can hold the names.

    Raises:
        InvalidInputError: a part of a name has more than 255 bytes.
    """
    for name in names:
        if any(len(part.encode("utf-8", "surrogatepass")) > _LONGEST for part in name.split("/")):
            raise InvalidInputError(
                f"{where} holds a name of more than {_LONGEST} bytes, which no folder can: "
                f"{name[:60]!r}…"
            )


def is_part(name: str) -> bool:
    """Whether a file of a folder belongs to the package that was unpacked there, by its name."""
    parts = name.split("/")
    if len(parts) == 1 or parts[0].lower() not in COMPONENT_FOLDERS:
        return False
    return not any(_LEFT_BEHIND.fullmatch(part) for part in parts)


def _check_one(name: str, where: str) -> None:
    if "\\" in name:
        _check_one(name.replace("\\", "/"), where)
        raise InvalidInputError(
            f"{where} holds a name with a backslash ({name!r}), which imports do not find; zip "
            "the files again with slashes, as `pulumi-powerautomate pack` does."
        )
    parts = name.removesuffix("/").split("/")
    if not {"", ".", ".."}.isdisjoint(parts) or _DRIVE.match(name):
        raise InvalidInputError(f"{where} holds a file that would leave its folder: {name!r}.")
    if _CONTROL.search(name) or not _is_text(name):
        raise InvalidInputError(f"{where} holds a name that is no text: {name!r}.")
    if parts[0].startswith("."):
        raise InvalidInputError(
            f"{where} holds {name!r}, which is no part of a solution; remove it."
        )
    for part in parts:
        bare = _IGNORABLE.sub("", part)
        if _GIT.fullmatch(bare) or (bare != part and _GIT_FILES.fullmatch(bare)):
            raise InvalidInputError(
                f"{where} holds {name!r}, which git would take for its own; remove it."
            )
        if _RESERVED.fullmatch(part) or part.rstrip(" .") != part or ":" in part:
            raise InvalidInputError(
                f"{where} holds a name that Windows cannot have: {name!r}; rename it."
            )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())

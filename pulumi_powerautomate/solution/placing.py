"""
Files put into a folder all together, beside others that stay.

The new files are written in a hidden folder first. Once that is whole, a list of what has to go is
renamed into place; from then on the change is carried through, by this run or, when it is killed,
by the next one (`finish`). So a folder holds the old files or the new ones whenever one of our
commands looks at it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..errors import InvalidInputError
from . import names

_STAGE = ".pulumi-powerautomate-unpacking"
_NEW, _GO = "new", "go.json"


def place(files: Mapping[str, bytes], target: Path, old: Iterable[str]) -> None:
    """
    Put files into a folder in the place of old ones.

    Args:
        files: content by name, with slashes.
        target: the folder; made when it is not there.
        old: names of the files that go unless they are among the new ones.

    Raises:
        InvalidInputError: a link, or something that is none of the old files, is in the way.
        OSError: the disk refuses; the folder is as it was.
    """
    gone = sorted(set(old) - set(files))
    fresh = [name for name in files if not _holds(target / name, files[name])]
    _refuse_what_is_in_the_way(fresh, set(gone), target)
    made = [folder for folder in (target, *target.parents) if not folder.exists()]
    stage = target / _STAGE
    try:
        for name in fresh:
            path = stage / _NEW / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        if not fresh and not gone:
            return
        stage.mkdir(parents=True, exist_ok=True)
        draft = stage / f"{_GO}.part"
        draft.write_text(json.dumps(gone), "utf-8")
        draft.replace(stage / _GO)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    try:
        finish(target)
    except BaseException:
        # Ctrl+C comes in the middle; what is decided is carried through before it is heard.
        finish(target)
        raise


def finish(target: Path) -> None:
    """Carry through what an interrupted run has decided, and forget what it has not."""
    stage = target / _STAGE
    if not stage.is_dir() or stage.is_symlink():
        return
    gone = _decided(stage)
    if gone is not None:
        fresh = [path.relative_to(stage / _NEW).as_posix() for path in _files(stage / _NEW)]
        _check([*fresh, *gone], stage)
        _refuse_what_is_in_the_way(fresh, set(gone), target)
        for name in gone:
            path = target / name
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, target)
        for name in fresh:
            final = target / name
            final.parent.mkdir(parents=True, exist_ok=True)
            (stage / _NEW / name).replace(final)
    shutil.rmtree(stage)


def _decided(stage: Path) -> list[str] | None:
    """Names of the files that have to go; None when nothing was decided."""
    try:
        found = json.loads((stage / _GO).read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise InvalidInputError(f"{stage / _GO} is not ours; remove the folder {stage}.")
    return found


def _check(found: Iterable[str], stage: Path) -> None:
    """A folder that somebody else has made must not have us write, or remove, what it likes."""
    names.check(dict.fromkeys(found), f"{stage} (remove it, if no run of yours has left it)")


def _files(folder: Path) -> Iterator[Path]:
    for here, _, found in os.walk(folder):
        yield from (Path(here) / name for name in found)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == content


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _refuse_what_is_in_the_way(fresh: Iterable[str], gone: set[str], target: Path) -> None:
    folders: set[Path] = set()
    for name in fresh:
        path = target / name
        if path.is_symlink():
            raise InvalidInputError(f"{path} is a link; remove it.")
        if path.is_dir() and any(
            one.relative_to(target).as_posix() not in gone for one in _files(path)
        ):
            raise InvalidInputError(f"{path} is a folder, where a file has to go; remove it.")
        for folder in path.parents:
            if folder == target or folder in folders:
                break
            folders.add(folder)
            if folder.is_symlink():
                raise InvalidInputError(f"{folder} is a link; remove it.")
            if folder.is_file() and folder.relative_to(target).as_posix() not in gone:
                raise InvalidInputError(f"{folder} is a file, where a folder has to go; remove it.")

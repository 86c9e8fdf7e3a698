"""
Find the Pulumi engine, or get it: on PATH, in its usual folder, downloaded, or built from source.

    python scripts/engine.py [engine | yaml | generator]    the folder or program, got when missing
    python scripts/engine.py versions | used                what is got, and what is run

Whatever is built is built beside its place and renamed,
so that an interruption leaves nothing half there.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

VERSION = "3.276.0"
_OLDEST = (3, 235, 0)
_LANGUAGE = "pulumi-language-python"
_PROGRAMS = (
    "pulumi",
    _LANGUAGE,
    "pulumi-language-python-exec",
    "pulumi-resource-pulumi-python",
)
_INSTALLER_HOST = "get.pulumi.com"
_SOURCES = Path(__file__).resolve().parent / "engine"
_BUILDS = (
    ("pulumi", "pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"),
    (
        _LANGUAGE,
        "language-python",
        "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
    ),
)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
# The language host of YAML programs, a module of its own.
YAML_VERSION = "1.25.0"
_YAML = "pulumi-language-yaml"
_YAML_PACKAGE = "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"


def engine_folder() -> Path:
    """
    The folder with the engine's programs, got when it is nowhere.

    Raises:
        RuntimeError: there is no way to get it here; the message names the choices.
    """
    found = _on_path()
    if found:
        return found
    home = Path.home() / ".pulumi" / "versions"
    folder = home / VERSION
    if _complete(folder / "bin"):
        return folder / "bin"
    home.mkdir(parents=True, exist_ok=True)
    with (home / f".{VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _complete(folder / "bin"):
            _get(folder)
    return folder / "bin"


def engine_name() -> str:
    """Where the engine is found, or the version that will be got."""
    found = _on_path()
    return str(found) if found else VERSION


def yaml_host_folder() -> Path:
    """
    The folder with the language host of YAML programs, built when it is nowhere.

    Raises:
        RuntimeError: it cannot be built here.
    """
    found = shutil.which(_YAML)
    if found is not None:
        return Path(found).parent
    return _built("language-yaml", YAML_VERSION, _YAML, _YAML_PACKAGE).parent


def generator() -> Path:
    """
    The program that runs Pulumi's code generators on a schema, built when it is nowhere.

    Raises:
        RuntimeError: it cannot be built here.
    """
    source = (_SOURCES / "generate" / "main.go").read_bytes()
    version = f"{VERSION}-{hashlib.sha256(source).hexdigest()[:8]}"
    return _built("generate", version, "generate", ".")


def _built(source: str, version: str, name: str, package: str) -> Path:
    """A program from the module in a folder of `engine`, kept beside the engine."""
    versions = Path.home() / ".pulumi" / "versions"
    folder = versions / f"{source}-{version}"
    versions.mkdir(parents=True, exist_ok=True)
    with (versions / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.access(folder / name, os.X_OK):
            with tempfile.TemporaryDirectory(dir=versions, prefix=f".{folder.name}-") as beside:
                made = Path(beside) / "made"
                problem = _build_program(source, package, made / name, f"v{version}")
                if problem is not None:
                    raise RuntimeError(f"{name} cannot be built here: {problem}.")
                shutil.rmtree(folder, ignore_errors=True)
                made.rename(folder)
    return folder / name


def _on_path() -> Path | None:
    program = shutil.which("pulumi")
    if program is None or shutil.which(_LANGUAGE) is None:
        return None
    folder = Path(program).parent
    # Elsewhere on PATH a single program may be a wrapper or an old one: the four belong together.
    if not all((folder / name).exists() for name in _PROGRAMS):
        return None
    try:
        response = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"v?(\d+)\.(\d+)\.(\d+)", response.stdout.strip())
    if version is None or tuple(map(int, version.groups())) < _OLDEST:
        return None
    return folder


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in _PROGRAMS)


def _get(folder: Path) -> None:
    problems = []
    for way in (_download, _build):
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{VERSION}-") as beside:
            problem = way(Path(beside))
            if problem is None:
                if folder.exists():
                    shutil.rmtree(folder)
                Path(beside).chmod(0o755)
                (Path(beside) / "bin").rename(_made(folder) / "bin")
                return
            problems.append(problem)
    raise RuntimeError(
        f"The Pulumi engine is missing and cannot be got here ({'; '.join(problems)}). Either "
        f"install Pulumi {VERSION} (https://www.pulumi.com/docs/install/) and have it on PATH, or "
        "install Go 1.26.6 or later (https://go.dev/dl/) and run this again."
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _download(root: Path) -> str | None:
    """Install officially below `root`; None when that worked."""
    if not _answers(_INSTALLER_HOST):
        return f"{_INSTALLER_HOST} does not answer"
    from pulumi.automation import PulumiCommand
    from semver import VersionInfo

    _say(f"Downloading the Pulumi engine {VERSION} (once) …")
    try:
        PulumiCommand.install(str(root), VersionInfo.parse(VERSION), skip_version_check=True)
    except Exception as error:
        return f"the official installer failed ({str(error).splitlines()[0][:120]})"
    return None if _complete(root / "bin") else "the official installer left programs out"


def _answers(host: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((host, 443), timeout=4):
        return True
    return False


def _go_environment() -> dict[str, str]:
    settings = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOFLAGS": "", "GOWORK": "off"}
    return {**os.environ, **settings}


def _build_program(source: str, package: str, program: Path, version: str) -> str | None:
    """Build one program from the Go module in a folder of `engine`; None when that worked."""
    if shutil.which("go") is None:
        return "`go` is not on PATH"
    _say(f"Building {program.name} {version} from its Go module (once, some minutes) …")
    link = f"-s -w -X {_SDK}/go/common/version.Version={version}"
    command = ["go", "build", "-buildvcs=false", "-tags", "osusergo,grpcnotrace", "-trimpath"]
    command += ["-ldflags", link, "-o", str(program), package]
    with _progress():
        done = subprocess.run(
            command,
            cwd=_SOURCES / source,
            env=_go_environment(),
            capture_output=True,
            text=True,
        )
    if not done.returncode:
        return None
    last = done.stderr.strip().splitlines()[-1:] or ["no message"]
    return f"`go build` of {program.name} failed: {last[0][:200]}"


def _build(root: Path) -> str | None:
    """Build from Go modules below `root`; None when that worked."""
    programs = _made(root / "bin")
    for name, source, package in _BUILDS:
        problem = _build_program(source, package, programs / name, f"v{VERSION}")
        if problem is not None:
            return problem
    where = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", _SDK],
        cwd=_SOURCES / "pulumi",
        env=_go_environment(),
        capture_output=True,
        text=True,
    )
    sdk = Path(where.stdout.strip()) / "python"
    for name, script in (
        ("pulumi-language-python-exec", sdk / "cmd" / "pulumi-language-python-exec"),
        ("pulumi-resource-pulumi-python", sdk / "dist" / "pulumi-resource-pulumi-python"),
    ):
        shutil.copyfile(script, programs / name)
        (programs / name).chmod(0o755)
    return None


@contextlib.contextmanager
def _progress() -> Iterator[None]:
    """A sign of life while something takes minutes."""
    import threading

    started, over = time.monotonic(), threading.Event()

    def tell() -> None:
        while not over.wait(20):
            _say(f"  … {time.monotonic() - started:.0f} s")

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        _say(f"  done in {time.monotonic() - started:.0f} s")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Print what is asked for, after getting it."""
    asked: dict[str, Callable[[], object]] = {
        "engine": engine_folder,
        "yaml": yaml_host_folder,
        "generator": generator,
        "versions": lambda: f"{VERSION} {YAML_VERSION}",
        "used": lambda: f"CLI {engine_name()}, language host of YAML {YAML_VERSION}",
    }
    what = arguments[0] if arguments else "engine"
    if what not in asked:
        print(f"error: no {what!r}; there are {', '.join(asked)}.", file=sys.stderr)
        return 2
    try:
        print(asked[what]())
    except RuntimeError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

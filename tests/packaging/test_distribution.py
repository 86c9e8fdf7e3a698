"""Wheel and sdist as a release makes them, judged by programs that others check theirs with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
import yaml

from tests.harness.tools import ROOT, python_with

pytestmark = pytest.mark.timeout(1200)
_PYTHONS = re.findall(
    r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8")
)
_CI = ROOT / ".github" / "workflows" / "ci.yml"
_RELEASE = ROOT / ".github" / "workflows" / "release.yml"


def release(*arguments: str) -> list[str]:
    """One step of a release, as its workflow runs it; returns what stands in the way."""
    script = str(ROOT / "scripts" / "release.py")
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True)
    problems = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == (1 if problems else 0), done.stderr
    return problems


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the release's step writes."""
    folder = tmp_path_factory.mktemp("dist")
    release("build", str(folder))
    return folder


def _wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


def _metadata(dist: Path) -> Message:
    with zipfile.ZipFile(_wheel(dist)) as archive:
        (name,) = [item for item in archive.namelist() if item.endswith("/METADATA")]
        return message_from_bytes(archive.read(name))


def _judged(requirement: str, *command: str) -> subprocess.CompletedProcess[str]:
    python = python_with(requirement)
    return subprocess.run(
        [str(python.with_name(command[0])), *command[1:]], capture_output=True, text=True
    )


def test_twine(dist: Path) -> None:
    """The index would take both, and can show the description."""
    done = _judged("twine==7.0.0", "twine", "check", "--strict", *map(str, dist.iterdir()))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2


def test_check_wheel_contents(dist: Path) -> None:
    """Nothing is in the wheel that does not belong there."""
    done = _judged("check-wheel-contents==0.6.3", "check-wheel-contents", str(_wheel(dist)))
    assert done.returncode == 0, done.stdout


def test_pyroma(dist: Path) -> None:
    """At least nine of ten."""
    (sdist,) = dist.glob("*.tar.gz")
    done = _judged("pyroma==5.0.1", "pyroma", "--min", "9", "--file", str(sdist))
    assert done.returncode == 0, done.stdout + done.stderr
    rating = re.search(r"Final rating: (\d+)/10", done.stdout)
    assert rating is not None
    assert int(rating[1]) >= 9, done.stdout


def test_description_has_no_relative_link(dist: Path) -> None:
    """Each leads to the tag of this version, at a file that is there."""
    found = _metadata(dist)
    text = str(found.get_payload())
    (repository,) = [
        entry.partition(", ")[2]
        for entry in found.get_all("Project-URL") or []
        if entry.startswith("Repository, ")
    ]
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    begin = f"{repository}/blob/v{found['Version']}/"
    assert len(links) > 15
    for link in links:
        assert link.startswith("https://"), link
        if link.startswith(begin):
            assert (ROOT / link.removeprefix(begin).partition("#")[0]).exists(), link
    assert any(link.startswith(begin) for link in links)


def test_sdist_is_complete(dist: Path) -> None:
    """Tests, pages, examples and what builds them; nothing of a work folder."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for expected in (
        "tests/conftest.py",
        "sdk-docs/command-line.md",
        "examples/testing/README.md",
        "scripts/absolute_links.py",
        "CHANGELOG.md",
        "CODE_OF_CONDUCT.md",
    ):
        assert expected in names
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    assert names - set(tracked) == {"PKG-INFO"}


def test_the_sdist_builds_the_same_wheel(dist: Path, tmp_path: Path) -> None:
    """Whoever builds from it gets the files that the index has."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "out")],
        cwd=source, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "out").iterdir()
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(_wheel(dist)) as theirs:
        assert {i.filename: i.CRC for i in ours.infolist()} == {
            i.filename: i.CRC for i in theirs.infolist()
        }


def _interpreter(version: str) -> str | None:
    """A Python of that version on this machine, on PATH or of pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{version}.*"))]
    # A program on PATH may be pyenv's, which stands for a version that nobody has chosen.
    for python in filter(None, (*found, shutil.which(f"python{version}"))):
        if subprocess.run([python, "--version"], capture_output=True).returncode == 0:
            return python
    return None


@pytest.mark.parametrize("version", _PYTHONS)
def test_verbs_on_files_need_the_wheel_alone(version: str, dist: Path, tmp_path: Path) -> None:
    """On each Python that is named, without any other package."""
    python = _interpreter(version)
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True)
    command = tmp_path / "venv" / "bin" / "pulumi-powerautomate"
    pip = [str(command.with_name("python")), "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(_wheel(dist))], check=True)
    flow = str(ROOT / "examples" / "flow-share" / "flows" / "escalation.json")
    src, package = str(ROOT / "examples" / "solution-import" / "src"), str(tmp_path / "a.zip")
    policies = str(ROOT / "examples" / "policies" / "policies.json")
    for arguments, code in (
        (["--version"], 0),
        (["--help"], 0),
        (["validate", flow, src, "--policy", policies], 0),
        (["pack", src, package], 0),
        (["unpack", package, str(tmp_path / "src")], 0),
        (["diff", package, str(tmp_path / "src")], 0),
        (["diagram", flow, "-o", str(tmp_path / "a.svg")], 0),
        (["settings", package], 0),
        (["valdate"], 2),
    ):
        done = subprocess.run([str(command), *arguments], capture_output=True, text=True)
        assert done.returncode == code, (arguments, done.stdout, done.stderr)


def test_what_is_supported_is_what_runs() -> None:
    """The Pythons of the metadata are those of the pipeline."""
    matrix = yaml.safe_load(_CI.read_text("utf-8"))["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == _PYTHONS


def test_release_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """This version can be released; another tag, or from another place, is refused."""
    version = re.search(r'(?m)^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert version is not None
    assert release("check", f"v{version[1]}") == []
    assert release("check", "v9.9.9") == [
        f"error: the tag is v9.9.9, and pyproject.toml has version {version[1]}."
    ]
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "mallory/fork")
    (refused,) = release("check")
    assert "not https://github.com/mallory/fork" in refused


def test_the_workflow_trusts_nobody_with_a_token() -> None:
    """The index is told who publishes by the workflow's identity; only that job has one."""
    jobs = yaml.safe_load(_RELEASE.read_text("utf-8"))["jobs"]
    assert "secrets." not in _RELEASE.read_text("utf-8")
    with_identity = {name for name, job in jobs.items() if "id-token" in job["permissions"]}
    assert with_identity == {"publish"}
    assert jobs["publish"]["environment"]["name"] == "pypi"
    assert [step.get("uses", "").partition("@")[0] for step in jobs["publish"]["steps"]] == [
        "actions/download-artifact",
        "actions/attest-build-provenance",
        "actions/attest-sbom",
        "",
        "pypa/gh-action-pypi-publish",
    ]


def test_bill_of_materials(dist: Path) -> None:
    """Every dependency that is declared is in it, with what it brings."""
    release("sbom", str(dist))
    document = json.loads((dist / "sbom.cdx.json").read_text("utf-8"))
    (dist / "sbom.cdx.json").unlink()
    names = {item["name"].lower() for item in document["components"]}
    required = _metadata(dist).get_all("Requires-Dist") or []
    declared = {re.split(r"[<>=; \[]", line)[0] for line in required if "extra ==" not in line}
    assert {name.lower() for name in declared} - names <= {"typing-extensions"}
    assert document["metadata"]["component"]["name"] == "pulumi-powerautomate"
    assert "protobuf" in names


def test_the_name_is_told_by_a_release_only(
    dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the index's page of a release; in a wheel that anybody builds it is not."""
    by_name = "$ pip install pulumi-powerautomate "
    before = str(_metadata(dist).get_payload())
    assert by_name not in before
    assert "not on a package index yet" in before
    for tag, told in ((f"v{_metadata(dist)['Version']}", True), ("v9.9.9", False)):
        monkeypatch.setenv("RELEASE", tag)
        release("build", str(tmp_path / tag))
        text = str(_metadata(tmp_path / tag).get_payload())
        assert (by_name in text) is told
        assert ("not on a package index yet" in text) is not told


def test_hints_tell_the_place_that_a_copy_came_from(dist: Path, tmp_path: Path) -> None:
    """The name and the version where an index gave it out; the file where it was a file."""
    version = _metadata(dist)["Version"]
    index = ("--find-links", str(dist), "pulumi-powerautomate")
    for number, (source, told) in enumerate(
        [
            (index, f'pip install "pulumi-powerautomate[completion]=={version}"'),
            (
                (str(_wheel(dist)),),
                f'pip install "pulumi-powerautomate[completion] @ file://{dist}',
            ),
        ]
    ):
        folder = tmp_path / str(number)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        command = folder / "bin" / "pulumi-powerautomate"
        pip = [str(command.with_name("python")), "-m", "pip", "--disable-pip-version-check", "-q"]
        subprocess.run([*pip, "install", "--no-deps", "--no-index", *source], check=True)
        done = subprocess.run([str(command), "completion", "bash"], capture_output=True, text=True)
        assert told in done.stderr

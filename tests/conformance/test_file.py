"""The file of a run: nothing private in it, and everything that its answers come from."""

from __future__ import annotations

import base64
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.conformance.anonymise import Anonymiser, PrivateTextError
from pulumi_powerautomate.conformance.compare import comparisons
from pulumi_powerautomate.conformance.documents import package
from pulumi_powerautomate.conformance.exchange import Exchange
from pulumi_powerautomate.conformance.names import Names, new_run
from pulumi_powerautomate.conformance.page import answered_texts, page_text
from pulumi_powerautomate.conformance.probes import PROBES, named
from pulumi_powerautomate.conformance.result import File, read_file
from pulumi_powerautomate.conformance.runner import Run
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.solution import read_contents
from tests.harness.cli_runner import command_for
from tests.harness.conformance_run import filed_run, run
from tests.harness.emulator_api import flow

_ALICE = "0e6a3b61-0000-4000-8000-000000000011"
_ME = "0e6a3b61-0000-4000-8000-000000000010"
# Texts that an environment has and a file must not: names, addresses, ids, words of people.
CANARIES = (
    "Hildegard", "Quastenberg", "hq@quastenberg.example", "Zwiebelfisch", "Payroll of March",
    "0e6a3b61", "emulator-secret", "127.0.0.1", "Bearer ey",
)  # fmt: skip


def _populated(emulator: Emulator) -> None:
    """An environment with people's own words in every table that a run reads."""
    control = emulator.control
    control.switches(import_seconds=0.05)
    control.patch("systemusers", _ME, {"fullname": "Hildegard Quastenberg", "firstname":
                  "Hildegard", "lastname": "Quastenberg", "internalemailaddress":
                  "hq@quastenberg.example", "domainname": "hq@quastenberg.example"})  # fmt: skip
    control.patch("organizations", "0e6a3b61-0000-4000-8000-000000000001", {"name": "Zwiebelfisch"})
    control.patch("businessunits", "0e6a3b61-0000-4000-8000-000000000002", {"name": "Zwiebelfisch"})
    control.insert("workflows", flow("Payroll of March", workflowid=_ALICE, statecode=0,
                                     description="Payroll of March"))  # fmt: skip


@pytest.fixture
def filed(emulator: Emulator, tmp_path: Path) -> tuple[Run, File]:
    """A run in a populated environment, and its file."""
    _populated(emulator)
    done = run(emulator, upload_bytes=64 * 1024)
    return done, filed_run(done, tmp_path)


def test_nothing_private_is_in_the_file_or_its_page(filed: tuple[Run, File]) -> None:
    """Planted words, the host, and every id that is not a placeholder."""
    done, file = filed
    text = json.dumps(file.document, ensure_ascii=False)
    page = page_text(file)
    for canary in (*CANARIES, done.number, done.place.user_id):
        assert canary.lower() not in text.lower(), canary
        assert canary.lower() not in page.lower(), canary
    for found in re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        assert re.fullmatch(r"00000000-0000-(4000-8000|0000-0000)-\d{12}", found), found


def test_answers_of_the_service_are_there(filed: tuple[Run, File]) -> None:
    """Every question, with its exchanges: the judge says the same of the file as of the run."""
    done, file = filed
    assert [answer.probe for answer in file.answers] == [probe.name for probe in PROBES]
    for finding, answer in zip(done.findings, file.answers, strict=True):
        assert (answer.outcome, answer.value) == (finding.outcome, finding.answer.value)
        probe = named(answer.probe)
        assert probe is not None
        if finding.outcome == "decided":
            assert probe.judge(answer.found).value == answer.value, answer.probe
            assert answer.found, answer.probe


def test_page_is_read_in_a_minute(filed: tuple[Run, File]) -> None:
    """Each question is a row, and the texts of all answers are few enough to be looked at."""
    _, file = filed
    page = page_text(file)
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    assert len(rows) == len(PROBES) + 1
    texts = answered_texts(file.document)
    assert 20 < len(texts) < 90
    assert "Cannot delete an active workflow definition." in texts


def test_profile_makes_an_emulator_answer_the_same(emulator: Emulator, tmp_path: Path) -> None:
    """Answers of one emulator set the switches of another, which then is answered the same."""
    unusual = {
        "client_chosen_id": "ignore", "grant_existing": "replace", "active_clientdata": "reject",
        "activation_failure_status": 403, "managed_delete_error": "0x80040228",
        "unknown_principal": 400, "optimistic_concurrency": "off", "import_seconds": 0.5,
        "normalise_clientdata": "designer", "limits": "on", "flow_runs": "absent",
        "max_solution_bytes": 128 * 1024, "modify_without_share": "refuse",
        "revoke_without_share": "refuse", "discovery_for_applications": "refuse",
    }  # fmt: skip
    emulator.control.switches(**unusual)
    filed_run(run(emulator, upload_bytes=256 * 1024), tmp_path, upload_bytes=256 * 1024)
    with Emulator(profile=tmp_path / "conformance.json") as other:
        switches = other.control.switches()
        assert {name: switches[name] for name in unusual} == unusual
    file = read_file(tmp_path / "conformance.json")
    different = {item.probe for item in comparisons(file) if item.verdict == "different"}
    expected = {probe.name for probe in PROBES if probe.switch in unusual}
    assert expected <= different
    assert "upsert" not in different


def test_command_writes_file_and_page_and_compares(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    """From the question to the comparison, as a person does it."""
    verb = command_for(emulator, monkeypatch, capsys)
    target = str(tmp_path / "mine.json")
    said = verb("conformance", "--yes", "--only", "chosen-id", "--only", "count", "-o", target)
    assert said.code == 0
    assert "1 decided, 1 undecided, 0 not asked, 0 failed" in said.out
    assert (tmp_path / "mine.md").read_text("utf-8").startswith("# Answers of the service")
    same = verb("conformance", "--compare", target)
    assert (same.code, same.out.splitlines()[-1]) == (
        0, "0 of 2 answers differ from the emulator's defaults.",
    )  # fmt: skip
    emulator.control.switches(client_chosen_id="refuse")
    assert verb("conformance", "--yes", "--only", "chosen-id", "-o", target).code == 0
    other = verb("conformance", "--compare", target)
    assert other.code == 1
    assert "different  chosen-id: emulator 'accept', service 'refuse'" in other.out
    assert verb("conformance", "--page-of", target).out.startswith("# Answers of the service")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("{", "no JSON"), ("[]", "not a file of"), ('{"format": "x"}', "not a file of"),
     ('{"format": "pulumi-powerautomate conformance 1"}', "a member is missing")],
)  # fmt: skip
def test_file_of_something_else_is_refused(
    text: str, complaint: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], tmp_path: Path,
) -> None:  # fmt: skip
    """One line that says what it is not."""
    path = tmp_path / "x.json"
    path.write_text(text, "utf-8")
    said = command_for(emulator, monkeypatch, capsys)("conformance", "--compare", str(path))
    assert said.code == 2
    assert complaint in said.err


def _anonymised(body: Any, path: str = "workflows", **more: Any) -> str:
    made = Anonymiser(["contoso.crm4.dynamics.com", "Contoso Ltd"], Names(new_run()))
    exchange = Exchange("x", "GET", path, 200, body=body, **more)
    return json.dumps(made.exchange(exchange), ensure_ascii=False)


@pytest.mark.parametrize(
    "private",
    [
        {"name": "Payroll"},
        {"value": [{"anything": "Hildegard"}]},
        {"error": {"code": "0x1", "message": "seen by hq@quastenberg.example"}},
        {"error": {"code": "0x1", "message": "at https://contoso.crm4.dynamics.com/x"}},
        {"error": {"code": "0x1", "message": "at other.crm.dynamics.com"}},
        {"error": {"code": "0x1", "message": "row d9e875bf-1c9b-ea11-a811-000d3a122b89"}},
        {"error": {"code": "0x1", "message": "key d9e875bf1c9bea11a811000d3a122b89"}},
        {"error": {"code": "0x1", "message": "from 10.1.2.3:443"}},
        {"error": {"code": "0x1", "message": "of Contoso Ltd"}},
        {"error": "invalid", "error_description": "AADSTS500011: the tenant named Payroll"},
        {"message": "enter the code PAYROLL12"},
        {"clientdata": '{"properties": {"x": "Payroll"}}'},
        {"data": "<importexportxml><UniqueName>Payroll</UniqueName></importexportxml>"},
        {"data": '<importexportxml LocalizedName="Payroll" />'},
        {"access_token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL3gifQ.sig"},
        "<html>Payroll</html>",
        {"createdon": "2026-05-21T04:37:23Z"},
    ],
    ids=str,
)
def test_private_text_is_replaced(private: Any) -> None:
    """A text that is not known to be harmless does not stay."""
    text = _anonymised(private)
    for word in ("Payroll", "PAYROLL", "Hildegard", "quastenberg", "dynamics", "d9e875bf", "10.1.2",
                 "Contoso Ltd", "eyJ0", "2026-05", "04:37"):  # fmt: skip
        assert word not in text


def test_package_is_still_one_and_names_no_run(tmp_path: Path) -> None:
    """Its ids are the placeholders that the requests about its flow have."""
    names = Names(new_run())
    made = Anonymiser([], names)
    flow_id = names.id("managed")
    data = package(names.unique("x"), names.unique(""), names.prefix, flow=(flow_id, "x"))
    sent = {"CustomizationFile": base64.b64encode(data).decode()}
    exchange = Exchange("x", "POST", f"ImportSolution({flow_id})", 204, request_body=sent)
    document = made.exchange(exchange)
    path = tmp_path / "p.zip"
    path.write_bytes(base64.b64decode(document["request"]["body"]["CustomizationFile"]))
    contents = read_contents(str(path))
    placeholder = document["request"]["path"].partition("(")[2].rstrip(")")
    assert list(contents.flows) == [placeholder]
    assert contents.package.unique_name == "papconf000000000000_x"
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            text = name + archive.read(name).decode()
            assert names.run not in text
            assert flow_id not in text.lower()


def test_headers_are_named_and_their_values_are_not() -> None:
    """Only those whose value says nothing about anybody keep it."""
    text = _anonymised({}, headers={"Set-Cookie": "orgId=Payroll", "OData-Version": "4.0",
                                    "Location": "https://contoso.crm4.dynamics.com/x"})  # fmt: skip
    assert "Payroll" not in text
    assert "dynamics" not in text
    assert '"Set-Cookie": "…"' in text
    assert '"OData-Version": "4.0"' in text


def test_what_tells_the_rows_apart_stays() -> None:
    """The same id is the same placeholder, in a path and in an answer."""
    key = "d9e875bf-1c9b-ea11-a811-000d3a122b89"
    read = json.loads(_anonymised({"workflowid": key.upper()}, f"workflows({key})"))
    placeholder = "00000000-0000-4000-8000-000000000001"
    assert read["request"]["path"] == f"workflows({placeholder})"
    assert read["response"]["body"] == {"workflowid": placeholder}


@pytest.mark.parametrize("leak", ["d9e875bf-1c9b-ea11-a811-000d3a122b89", "other.crm.dynamics.com",
                                  "Contoso Ltd", "CONTOSO LTD"])  # fmt: skip
def test_file_with_something_private_is_not_written(leak: str) -> None:
    """The last look at the whole text."""
    made = Anonymiser(["Contoso Ltd"], Names(new_run()))
    made.check('{"x": "harmless"}')
    with pytest.raises(PrivateTextError):
        made.check(json.dumps({"x": leak}))

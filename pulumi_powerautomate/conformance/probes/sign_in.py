"""Tokens: foreign ones, refused ones, and the services that lead to an environment."""

from __future__ import annotations

from typing import Any

from ...client.auth.interactive import DEVELOPMENT_CLIENT
from ...client.http.sessions import SignInSession, new_session
from ...errors import AuthenticationError, PowerAutomateError
from ..exchange import Exchange, Exchanges, parsed
from ..lab import Lab, UndecidableError
from ..probe import Answer, Probe, by_refusal, undecided

_APPLICATIONS = ("client_secret", "client_certificate", "oidc", "msi")
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_UNKNOWN_RESOURCE = ("AADSTS500011", "AADSTS50001", "invalid_resource")


def _foreign_token(lab: Lab) -> None:
    lab.send("read", "GET", "WhoAmI", token="emulator")


def _refused_token(found: Exchanges) -> Answer:
    answer = found["read"]
    if answer.status != 401:
        return Answer(answer.refusal)
    body = "empty body" if not answer.body else "a body"
    names = [name for name in ("WWW-Authenticate", "401_error_reason") if answer.header(name)]
    return Answer(f"401 {' '.join(names)}, {body}".replace("401 ,", "401,"))


def _another_resource(lab: Lab) -> None:
    if lab.client.connection.auth_method not in _APPLICATIONS:
        raise UndecidableError("asked for applications only: a person would have to sign in again")
    resource = f"https://{lab.names.stem}.crm.dynamics.com"
    where, form = "oauth2/v2.0/token", {"scope": f"{resource}/.default"}
    try:
        lab.client.transport.tokens.token(resource)
    except AuthenticationError as error:
        body = {"error": error.code or "refused", "error_description": str(error)}
        lab.keep(Exchange("token", "POST", where, 400, body=body, request_body=form))
    else:
        lab.keep(Exchange("token", "POST", where, 200, request_body=form))


def _resources(found: Exchanges) -> Answer:
    answer = found["token"]
    if answer.ok:
        return Answer("open")
    text = f"{answer.member('error')} {answer.member('error_description')}"
    if any(code in text for code in _UNKNOWN_RESOURCE):
        return Answer("registered")
    return undecided(f"refused with {answer.member('error')}")


def _impatient_device(lab: Lab) -> None:
    connection = lab.client.connection
    session = new_session(1)
    http = SignInSession(session, connection)
    tenant = connection.get("tenant_id") or "organizations"
    root = f"{connection.authority_host}/{tenant}/oauth2/v2.0"
    scope = f"{connection.environment_url}/user_impersonation"

    def post(label: str, path: str, form: dict[str, Any]) -> Exchange:
        received = http.post(f"{root}/{path}", data=form)
        body = parsed(received.text.encode())
        shown = {key: value for key, value in form.items() if key != "device_code"}
        found = Exchange(label, "POST", f"oauth2/v2.0/{path}", received.status_code, body=body,
                         request_body=shown)  # fmt: skip
        lab.keep(found)
        return found

    try:
        device = post("device", "devicecode", {"client_id": DEVELOPMENT_CLIENT, "scope": scope})
        code = device.member("device_code")
        form = {"grant_type": _DEVICE, "client_id": DEVELOPMENT_CLIENT, "device_code": code}
        if code:
            post("first", "token", form)
            post("second", "token", form)
    except PowerAutomateError as error:
        raise UndecidableError(f"the sign-in service was not reached ({error})") from None
    finally:
        session.close()


def _slow_down(found: Exchanges) -> Answer:
    if "second" not in found:
        return undecided(f"no code was given ({found['device'].member('error')})")
    error = found["second"].member("error")
    if error == "slow_down":
        return Answer("on")
    if error == "authorization_pending":
        return Answer("off")
    return undecided(f"answered with {error}")


def _discovery(lab: Lab) -> None:
    if lab.client.connection.auth_method not in _APPLICATIONS:
        raise UndecidableError("asked for applications only; a person signed in")
    try:
        transport = lab.client.discovery.transport
        root = transport.connection.environment_url
        path = f"{root}/api/discovery/v2.0/Instances?$select=UniqueName"
        lab.send("read", "GET", path, transport=transport)
    except PowerAutomateError as error:
        raise UndecidableError(f"the discovery service was not reached ({error})") from None


def _to_applications(found: Exchanges) -> Answer:
    answer = found["read"]
    if answer.status in (401, 403):
        return Answer("refuse", answer.refusal)
    if answer.ok and not answer.rows:
        return Answer("empty")
    return undecided(f"answered with {answer.refusal} and {len(answer.rows)} environments")


PROBES = (
    Probe("foreign-token", "Is a token that Entra has not issued refused?",
          ("switch:strict_tokens",), "off", _foreign_token,
          by_refusal("read", {"200": "off", "401": "on"}), 1),
    Probe("refused-token", "How is a refused token answered?", ("client:401",), "200",
          _foreign_token, _refused_token, 0),
    Probe("another-resource", "Is a token given for an environment that does not exist?",
          ("switch:resources",), "open", _another_resource, _resources, 1),
    Probe("impatient-device", "Is a device that asks too often told to slow down?",
          ("switch:device_slow_down",), "on", _impatient_device, _slow_down, 3),
    Probe("discovery-for-applications", "What does discovery answer to an application?",
          ("switch:discovery_for_applications",), "empty", _discovery, _to_applications, 1),
)  # fmt: skip

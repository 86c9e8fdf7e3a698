"""Which application asks, and whether it proves it."""

from __future__ import annotations

import hmac

from ..clock import Clock
from .assertions import TYPE, Assertions
from .directory import Application, Directory
from .refusals import refuse
from .request import SignInRequest

# `appidacr` of an access token, by what the application proved itself with.
APPIDACR = {"none": "0", "secret": "1", "certificate": "2", "federated": "2"}


class Credentials:
    """Authenticates applications."""

    def __init__(self, clock: Clock, directory: Directory, assertions: Assertions) -> None:
        self._clock = clock
        self._directory = directory
        self._assertions = assertions

    def find(self, client_id: str) -> Application:
        """A registered and enabled application."""
        application = self._directory.applications.get(client_id.lower())
        if application is None:
            raise refuse(700016, client_id=client_id)
        if not application.enabled:
            raise refuse(7000112, client_id=client_id, name=application.name)
        return application

    def authenticate(self, request: SignInRequest, base: str) -> tuple[Application, str]:
        """
        The application of a token request, and what it proved itself with: `secret`,
        `certificate`, `federated`, or `none` for a public client.
        """
        name, basic_secret = request.basic
        client_id = request.form.get("client_id") or name
        if not client_id:
            raise refuse(900144, parameter="client_id")
        request.note["client_id"] = client_id
        application = self.find(client_id)
        assertion = request.form.get("client_assertion", "")
        secret = request.form.get("client_secret") or basic_secret
        if assertion and request.form.get("client_assertion_type") != TYPE:
            raise refuse(900144, parameter="client_assertion_type")
        if application.public:
            if assertion or secret:
                raise refuse(700025)
            credential = "none"
        elif assertion:
            credential = self._assertions.check(application, assertion, base)
        elif secret:
            self._check_secret(application, secret)
            credential = "secret"
        else:
            client_credentials = request.form.get("grant_type") == "client_credentials"
            raise refuse(7000216 if client_credentials else 7000218)
        request.note["credential"] = credential
        return application, credential

    def _check_secret(self, application: Application, given: str) -> None:
        for secret in application.secrets:
            if hmac.compare_digest(secret.value.encode(), given.encode()):
                if secret.expires <= self._clock.now():
                    raise refuse(7000222, client_id=application.client_id)
                return
        raise refuse(7000215, client_id=application.client_id)

"""
Bearer tokens: every auth method behind one object.

`TokenSource` fetches a token once per process and audience, shares it between all threads, and
renews it before it ends. It fetches from a `Credential`: one small class per auth method. `msal` is
imported when a token is needed, not before.
"""

from __future__ import annotations

import logging

from .credential import Grant, TokenHttp
from .token_source import TokenSource, audience_of

__all__ = ["Grant", "TokenHttp", "TokenSource", "audience_of"]

# msal logs whole answers of the sign-in service, and Python prints what nobody handles. Whoever
# configures logging still gets it.
logging.getLogger("msal").addHandler(logging.NullHandler())

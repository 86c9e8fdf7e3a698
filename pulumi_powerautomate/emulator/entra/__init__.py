"""
The sign-in service: one tenant with its applications, people, managed identities, and tokens.

Everything that goes over HTTP when somebody signs in is answered as Microsoft Entra and the
services around it answer it: client secrets, signed and federated assertions, device codes, the
browser, managed identities. Assertions and codes are checked for real; tokens are signed, and end
by the emulator's clock.
"""

from .service import Entra

__all__ = ["Entra"]

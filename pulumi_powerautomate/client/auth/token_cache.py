"""
Tokens of people, kept between runs.

`msal-extensions` stores them in the platform's secure store (DPAPI, Keychain, libsecret). Where it
is not installed or the store is missing they stay in memory; a plain file is written only when
`token_cache` says so.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from ...config import Connection
from ...errors import ConfigurationError
from ...files import make_private, private_folder
from ...requirement import install_line


def token_cache(connection: Connection) -> Any:
    """The cache that `msal` keeps tokens in, as `token_cache` says: secure, memory, plaintext."""
    import msal

    wish = connection.get("token_cache") or "secure"
    if wish == "memory":
        return msal.TokenCache()
    try:
        import msal_extensions
    except ImportError:
        if wish == "plaintext":
            raise ConfigurationError(
                f"token_cache=plaintext needs a package; {install_line('cache')}."
            ) from None
        return msal.TokenCache()
    file = location()
    try:
        private_folder(file.parent)
        make_private(file)
        if wish == "plaintext":
            return msal_extensions.PersistedTokenCache(msal_extensions.FilePersistence(str(file)))
        return msal_extensions.PersistedTokenCache(
            msal_extensions.build_encrypted_persistence(str(file))
        )
    except Exception as error:
        if wish == "plaintext":
            raise ConfigurationError(
                f"token_cache: {file} cannot be written ({type(error).__name__})."
            ) from None
        return msal.TokenCache()


def location() -> Path:
    """The file, in the user's folder for caches."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "pulumi-powerautomate" / "tokens.bin"

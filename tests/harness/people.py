"""
Whom tests share with, and what flows connect with: in an emulator, or in a real environment.

A real environment has them in variables: the ids of two users and two teams with a security role,
and the name of a connection.
"""

from __future__ import annotations

import os

ALICE = os.environ.get("POWERAUTOMATE_TEST_ALICE", "0e6a3b61-0000-4000-8000-000000000011")
BOB = os.environ.get("POWERAUTOMATE_TEST_BOB", "0e6a3b61-0000-4000-8000-000000000012")
TEAM = os.environ.get("POWERAUTOMATE_TEST_TEAM", "0e6a3b61-0000-4000-8000-000000000021")
ON_CALL = os.environ.get("POWERAUTOMATE_TEST_ON_CALL", "0e6a3b61-0000-4000-8000-000000000022")
# To Office 365 Outlook; the caller may use it.
CONNECTION = os.environ.get("POWERAUTOMATE_TEST_CONNECTION", "shared-office365-1")

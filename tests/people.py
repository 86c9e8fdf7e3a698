"""
People and teams that tests share with: those of a new emulator, or of a real environment.

A real environment names them in variables: the ids of two users and a team with a security role.
"""

from __future__ import annotations

import os

ALICE = os.environ.get("POWERAUTOMATE_TEST_ALICE", "0e6a3b61-0000-4000-8000-000000000011")
BOB = os.environ.get("POWERAUTOMATE_TEST_BOB", "0e6a3b61-0000-4000-8000-000000000012")
TEAM = os.environ.get("POWERAUTOMATE_TEST_TEAM", "0e6a3b61-0000-4000-8000-000000000021")

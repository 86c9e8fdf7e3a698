"""Faults, crashes and histories: what must hold whatever breaks."""

"""Signing in, settings, and what goes where."""

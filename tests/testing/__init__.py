"""The fixtures for pytest, as a project of a user has them."""

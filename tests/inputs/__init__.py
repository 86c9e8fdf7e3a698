"""Inputs of programs, and how they are read."""

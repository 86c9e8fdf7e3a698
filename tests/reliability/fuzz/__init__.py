"""Mutated packages, definitions and responses: one line each, whatever they hold."""

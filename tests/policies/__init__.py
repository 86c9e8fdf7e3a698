"""Policies: the rules, and both of their front ends."""

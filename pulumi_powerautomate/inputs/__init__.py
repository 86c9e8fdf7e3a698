"""Inputs of the resources: normal forms, checks, and the state that mirrors them."""

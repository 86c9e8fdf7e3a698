"""
Questions that the documentation of Dataverse leaves open, asked of a real environment.

A probe asks one question with a handful of requests; its judge says what the answers mean. A run
asks them all, in rows of its own, and removes those. What comes out is a file without anything
private, from which the emulator's switches can be set.
"""

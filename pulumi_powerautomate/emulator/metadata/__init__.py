"""Metadata of the tables: the CSDL document, and the definitions of tables."""

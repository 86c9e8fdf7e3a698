"""What the service says about its tables: the CSDL document, and the definitions of tables."""

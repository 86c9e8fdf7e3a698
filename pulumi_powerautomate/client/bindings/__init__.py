"""Connection references and values of environment variables."""

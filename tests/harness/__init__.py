"""Helpers of the tests: processes, projects, packages, servers, and generated inputs."""

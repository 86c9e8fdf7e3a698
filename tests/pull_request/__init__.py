"""Comments of previews, on the hosts of pull requests."""

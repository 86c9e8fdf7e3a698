"""Solutions: packages, their components, and the jobs that import and remove them."""

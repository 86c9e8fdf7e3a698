"""What programs may give, and how it is read."""

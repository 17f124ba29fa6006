"""`labels`."""

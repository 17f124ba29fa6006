"""`check`: what is configured against itself, asked of all the judges at once."""

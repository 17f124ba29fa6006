"""A plan of a change, for people and for programs."""

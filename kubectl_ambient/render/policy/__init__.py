"""How policies look."""

"""The kinds that are read, each declared once: fact, wire type, entry."""

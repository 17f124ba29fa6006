"""`path` as text, as documents, and as pictures."""

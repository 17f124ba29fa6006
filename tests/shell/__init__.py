"""Commands to paste, and the shells that read them."""

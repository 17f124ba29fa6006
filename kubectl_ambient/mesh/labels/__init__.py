"""The label reference, and what is wrong with labels."""

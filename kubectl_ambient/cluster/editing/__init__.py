"""Texts that are given back with a label changed, and nothing else."""

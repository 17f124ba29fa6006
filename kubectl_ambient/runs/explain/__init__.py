"""Runs of `explain`."""

"""Runs of `labels`."""

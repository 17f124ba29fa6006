"""Verdicts to text, JSON, YAML and names. Decides nothing."""

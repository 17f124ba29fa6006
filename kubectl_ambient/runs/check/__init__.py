"""Carries `check` out."""

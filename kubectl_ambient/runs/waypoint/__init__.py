"""Runs of `waypoint` and its commands."""

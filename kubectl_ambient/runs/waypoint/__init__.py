"""Runs of `waypoint` and its commands."""

DEFAULT_NAME = "waypoint"  # as `istioctl waypoint apply` names it

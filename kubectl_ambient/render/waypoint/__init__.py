"""Waypoints as text and documents."""

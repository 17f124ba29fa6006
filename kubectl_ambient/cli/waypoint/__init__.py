"""`waypoint` and its commands."""

"""Which waypoint serves what, and why not."""

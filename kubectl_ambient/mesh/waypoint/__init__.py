"""Which waypoint serves what, and why not."""

NEW = "waypoint"  # the name that `istioctl waypoint apply` gives by itself

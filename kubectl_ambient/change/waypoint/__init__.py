"""What a change of the labels that name a waypoint does."""

"""What a ztunnel says of itself: its dumps, as facts."""

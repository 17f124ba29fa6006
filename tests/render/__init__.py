"""What is drawn, piece by piece; whole screens are in tests/golden."""

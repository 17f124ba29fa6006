"""What waypoints hang on: Services and their like, Gateways and their classes."""

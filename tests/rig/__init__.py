"""A real control plane and mesh without containers, for the live tests, the lab and the example."""

"""What a label edit would do, computed by asking the mesh twice."""

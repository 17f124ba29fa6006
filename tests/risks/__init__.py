"""For each risk a case that raises it, and a near miss that does not, as manifests."""

"""Proof: what a ztunnel itself says of the pods that Kubernetes says are redirected to it."""

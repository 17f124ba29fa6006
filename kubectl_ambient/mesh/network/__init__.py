"""What NetworkPolicies let through, asked of a packet as it is on the wire."""

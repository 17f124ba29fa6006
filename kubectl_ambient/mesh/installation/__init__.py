"""Which Istio is installed: its agents, its control plane, and what changed from version to version."""

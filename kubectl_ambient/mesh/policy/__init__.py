"""Who may speak to a pod: what istiod makes of Istio's policies, and what ztunnel does with that."""

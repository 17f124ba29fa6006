"""What Istio does with the facts: pure functions, one file per question."""

"""Should a pod be in ambient mode: the rules, and what they read."""

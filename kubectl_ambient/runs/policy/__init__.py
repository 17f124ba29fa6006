"""What the policy commands do between their flags and their screen."""

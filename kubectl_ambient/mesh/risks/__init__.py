"""What a change would break or open: each risk a declared code, and a rule that finds it in what was read."""

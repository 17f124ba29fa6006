"""A run of `enable` or `disable`, and what all runs share that set a label."""

"""`enable` and `disable`, and what all commands share that set a label."""

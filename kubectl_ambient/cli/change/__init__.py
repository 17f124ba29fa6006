"""`enable` and `disable`, and the flags of all commands that set a label."""

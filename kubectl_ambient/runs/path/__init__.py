"""What the command path does between its flags and its screen."""

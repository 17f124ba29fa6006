"""What one run of a command does between its flags and its screen: what it reads, tells, writes and undoes."""

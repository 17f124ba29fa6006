"""Objects as their labels: what `labels` looks at."""

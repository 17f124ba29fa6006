"""What reads: a cluster, files, changes as they come. It knows entries of kinds, and no kind."""

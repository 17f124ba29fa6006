"""What is printed, to the letter: expectations in `expected/`, made from the manifests in `snapshots/`."""

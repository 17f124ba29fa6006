"""What a command asks of a cluster: kinds and scopes, declared."""

"""What a person types: the only place that knows Typer. One file per command."""

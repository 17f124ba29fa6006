"""What TAB offers."""

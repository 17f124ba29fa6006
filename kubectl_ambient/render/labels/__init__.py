"""Labels as text and documents."""

"""Which way traffic takes between two ends, and who lets it through or does not."""

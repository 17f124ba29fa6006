"""Facts: small typed objects with just the fields that the rules need, and the readers that fill them."""

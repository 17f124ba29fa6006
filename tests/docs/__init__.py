"""The documentation, held to the code: schemas, pages, examples, links."""

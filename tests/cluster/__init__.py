"""The two readers, from the API and from files, and the editor of manifests."""

"""One module per application: what its documents are, apart from everything that stores or moves them."""

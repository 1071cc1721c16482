"""What is on disk: the catalog and the chunks."""

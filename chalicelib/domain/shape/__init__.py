"""The keys of a description that say how the rows of a file are shaped."""

"""A first description of a data set, written by looking at its file."""

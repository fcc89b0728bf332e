"""Readers of CSV. `careful` decides what a file means; any other gives the same cube, or declines."""

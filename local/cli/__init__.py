"""The commands that ask a running service, and how they print its answers."""

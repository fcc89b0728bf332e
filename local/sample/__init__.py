"""The generator of the synthetic sample survey."""

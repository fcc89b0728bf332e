"""The statistics: one registry, one module for each family of formulas."""

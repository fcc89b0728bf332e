"""Statline: statistical questions over survey data, answered asynchronously.

This package is everything that ships to Lambda. It never imports `local`.
"""

__version__ = "0.1.0"

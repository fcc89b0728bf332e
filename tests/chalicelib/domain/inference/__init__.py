"""The mathematics of inference, each function against scipy, statsmodels or a definition."""

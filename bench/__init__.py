"""Benchmarks of the service beside a plain server in Flask and pandas, and load that lasts.

`python -m bench` writes docs/benchmarks.md; `bench.storm`, `bench.soak` and `bench.cold_start` run alone.
"""

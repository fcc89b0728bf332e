"""A Dask cluster: where a data set is read that is too large for one machine."""

"""The job engine: the use cases of asynchronous jobs, over ports that adapters implement."""

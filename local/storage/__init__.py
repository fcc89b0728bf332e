"""Where a laptop stores jobs, results, snapshots and logs."""

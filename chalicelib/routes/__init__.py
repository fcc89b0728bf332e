"""HTTP views: each parses a request, calls the service and renders what it says."""

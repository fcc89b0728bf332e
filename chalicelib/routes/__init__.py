"""HTTP views: each parses a request, calls the service and renders its response."""

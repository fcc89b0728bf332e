"""The HTTP server of a laptop, over the gateway that Chalice emulates."""

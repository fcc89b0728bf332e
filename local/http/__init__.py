"""The HTTP edge: aiohttp for `make run`, Chalice's own server for `chalice local`, one gateway for both."""

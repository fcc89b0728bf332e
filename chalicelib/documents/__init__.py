"""What requests and responses look like: parsing, the documents of OGC API - Processes, result tables."""

"""What a browser gets: HTML pages and the API viewer."""

"""What views read of a request: its JSON body, its headers, its query parameters."""

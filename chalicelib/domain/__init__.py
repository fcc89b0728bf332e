"""Survey data and its statistics: pure functions and values that know neither HTTP, AWS nor threads."""

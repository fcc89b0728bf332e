"""CSV files: their layout and records, read by Arrow where it can and carefully where it cannot."""

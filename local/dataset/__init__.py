"""Data sets as they are stored: files, folders and buckets, compiled on threads or on a cluster."""

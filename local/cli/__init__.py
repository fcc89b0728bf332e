"""The commands for a running service, the client that they use, and the download of the survey."""

"""The server: one run folder and its city, as files and feeds for a browser on this host."""

"""One run on an archive, in plain Python: what the door's components call."""

"""What the log stands on: files that survive a crash (`durable`), gzip that survives damage (`inflate`), and chunks made of both (`chunk`)."""

"""Django's SQLite, but for how a writer waits for its turn (`hub.sqlite.base`)."""

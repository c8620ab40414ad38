"""The pages of events: the log, calls, presence, the quarantine."""

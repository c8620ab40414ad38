"""What the pages of events show: the log, calls, presence, the quarantine."""

"""The event log as a stream: WebSockets and server-sent events."""

"""Webhooks: events of the log, posted to URLs that others choose.

The dispatcher (`dispatching`), one thread of the worker process, follows the log and writes a row for each
event that a webhook wants; huey's threads send what the rows say (`delivering`). The queue holds nothing but
hints that there is something to send, so nothing is lost with it.
"""

"""Webhooks in the worker: its dispatcher, and the task that sends."""

import threading

from huey.contrib.djhuey import db_task, on_shutdown, on_startup

from whatsapp.webhooks import delivering
from whatsapp.webhooks.dispatching import Dispatcher

_lock = threading.Lock()
_dispatcher: Dispatcher | None = None


@db_task()
def deliver(webhook_id: int) -> None:
    """Sends what is due for the webhook. Rows say what that is: a task too many does nothing."""
    if _dispatcher is not None:
        _dispatcher.begun(webhook_id)
    if delivering.drain(webhook_id):
        deliver(webhook_id)


@on_startup()
def start_dispatcher() -> None:
    """Once in a process: huey calls this in each of its threads."""
    global _dispatcher
    with _lock:
        if _dispatcher is None:
            _dispatcher = Dispatcher(deliver)
            _dispatcher.start()


@on_shutdown()
def stop_dispatcher() -> None:
    if _dispatcher is not None:
        _dispatcher.stop()

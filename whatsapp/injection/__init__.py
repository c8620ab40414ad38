"""The injection door: lets load tools put invented messages into a hub, the way that WhatsApp's come.

It is no part of the hub's own API and runs in a process of its own, `manage.py injectiondoor`.
"""

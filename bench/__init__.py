"""Measures the hub: `make bench`, or `python -m bench --help`.

It starts hubs of its own, as `make run` does, with invented messages in them; nothing here is imported by the
hub, and nothing but the injection door (`whatsapp.injection`) knows of it.
"""

"""Hubs to be measured: their processes, their databases, the door into them, and the WhatsApp beside them."""

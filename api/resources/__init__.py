"""The shapes of answers and bodies, for the schema and for checking what comes in: one module for each noun,
each with examples of its own.

What goes out is rendered by `whatsapp.records`, as plain dicts; a test holds the two together.
"""

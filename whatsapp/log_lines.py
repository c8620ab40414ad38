"""What the log looks like: a line for each record, whatever strangers have written into it.

A name, a path or a key may hold line breaks, with which somebody could write lines of their own, and signs
that a terminal takes for orders.
"""

import logging
import re
from typing import Any

# Control characters, the ends of lines and paragraphs, and what turns the direction of writing.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
INDENT = "    "


def harmless(text: str) -> str:
    """The text in one line, in which such characters are written as Python writes them: `\\n`, `\\x1b`."""
    return UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class OneLine(logging.Formatter):
    """Each record is one line; a traceback follows in lines that begin with blanks, as no record's does."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's name)
        return harmless(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802  (logging's name)
        return indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  (logging's name)
        return indented(super().formatStack(stack_info))


def indented(lines: str) -> str:
    return "\n".join(INDENT + harmless(line) for line in lines.split("\n"))

"""How much is logged: from one of six words to the levels of Python's loggers."""

import logging

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}

LIBRARY = "whatsmeow"


def levels_of_loggers(word: str) -> dict[str, int]:
    """Logger → level; the root logger's name is empty."""
    level = LEVELS[word]
    chatty = level if level == logging.DEBUG else logging.WARNING
    return {
        "": level,
        # whatsmeow repeats every stanza at DEBUG, with contents: only `trace` shows that.
        LIBRARY: logging.DEBUG if word == "trace" else logging.WARNING,
        # At INFO it names whole addresses of WebSockets, in which there may be keys.
        "uvicorn.error": logging.WARNING,
        "django.request": logging.ERROR,  # a refused request is its client's business
        "django.channels.server": chatty,
        "huey": chatty,
        "redis": logging.WARNING,  # whatsapp.redis_server says what matters, and once
        "httpx": logging.WARNING,
        "neonize.utils.ffmpeg": logging.ERROR,  # the hub needs no ffmpeg: PyAV brings its own
        "PIL": logging.WARNING,
        "urllib3": logging.INFO,  # at DEBUG it names whole URLs, in which there may be secrets
        # At DEBUG they tell all of each request, its signature and its token among it.
        **dict.fromkeys(("boto3", "botocore", "s3transfer"), logging.WARNING),
    }


def apply(word: str) -> None:
    """Lets this process log as much as `word` says."""
    for name, level in levels_of_loggers(word).items():
        logging.getLogger(name).setLevel(level)

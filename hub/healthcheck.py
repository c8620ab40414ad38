"""Whether this machine's hub answers, for containers: `python -m hub.healthcheck` ends with 0 if it does.

It asks directly, whatever proxy the environment names, and loads nothing that takes time: it is run every
half minute.
"""

import http.client
import os
import sys

SECONDS = 5.0


def trouble(port: int) -> str | None:
    """What is wrong with the hub at that port of this machine, in a few words; None if nothing is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error or type(error).__name__}"
    finally:
        connection.close()
    return None if status == http.HTTPStatus.OK else f"it answers with {status}"


if __name__ == "__main__":
    sys.exit(trouble(int(os.environ.get("PORT") or 3100)))

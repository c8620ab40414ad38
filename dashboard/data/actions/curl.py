"""Calls of the API as lines for a shell: made of what anybody may have written, safe to paste."""

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

KEY = '-H "x-api-key: $API_KEY"'  # the shell puts the key in: it stands on no page
BREAK = " \\\n  "


def line(
    method: str,
    address: str,
    body: Any = None,
    *,
    form: Mapping[str, str] | None = None,
    file: str | None = None,
    query: Mapping[str, Any] | None = None,
    options: str = "",
) -> str:
    """The command that makes the call: with JSON (`body`), or with a form whose upload is the `file` of that
    name in the folder where one is."""
    if query:
        address += "?" + urlencode(query)
    parts = [f"curl{options} {KEY}"]
    has_content = body is not None or form is not None
    if method != ("POST" if has_content else "GET"):
        parts[0] = f"curl{options} -X {method} {KEY}"
    if body is not None:
        parts.append("-H 'content-type: application/json'")
        parts.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    for name, value in (form or {}).items():
        parts.append(f"--form-string {shlex.quote(f'{name}={value}')}")
    if file is not None:
        parts.append(f"-F {shlex.quote(f'file=@{quoted_name(file)}')}")
    parts.append(shlex.quote(address))
    return BREAK.join(parts)


def quoted_name(name: str) -> str:
    """A file's name as curl's -F reads it: in quotes, for it may have a comma or semicolon."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

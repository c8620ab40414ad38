"""Code that makes a call of the API, in the languages of the docs."""

import json
import pprint
from typing import Any
from urllib.parse import urlencode

from dashboard.data.actions import curl
from dashboard.data.docs.docs import Call

WIDTH = 92


def curl_of(call: Call, base: str) -> str:
    options = (
        " -N"
        if call.is_stream
        else ""
        if call.gives_json or call.answer_type.startswith("text/")
        else " -o file"
    )
    return curl.line(
        call.method,
        base.rstrip("/") + call.example_path,
        call.body,
        query=call.example_query,
        options=options,
    )


def python_of(call: Call, base: str) -> str:
    """For Python with requests."""
    arguments = [json.dumps(base.rstrip("/") + call.example_path)]
    if call.needs_key:
        arguments.append('headers={"x-api-key": os.environ["API_KEY"]}')
    if call.example_query:
        arguments.append(f"params={call.example_query!r}")
    if call.body is not None:
        arguments.append(f"json={indented(pprint.pformat(call.body, width=WIDTH, sort_dicts=False))}")
    if call.is_stream:
        arguments.append("stream=True")
    lines = ["import os", "import requests", ""] if call.needs_key else ["import requests", ""]
    lines.append(f"answer = requests.{call.method.lower()}(")
    lines += [f"    {argument}," for argument in arguments]
    lines += [")", "answer.raise_for_status()", *python_showing(call)]
    return "\n".join(lines)


def python_showing(call: Call) -> list[str]:
    if call.is_stream:
        return ["for line in answer.iter_lines(decode_unicode=True):", "    print(line)"]
    if call.gives_json:
        return ["print(answer.json())"]
    if call.answer_type.startswith("text/"):
        return ["print(answer.text)"]
    return ['with open("file", "wb") as file:', "    file.write(answer.content)"]


def javascript_of(call: Call, base: str) -> str:
    """For Node and browsers, with fetch."""
    query = urlencode(call.example_query)
    address = base.rstrip("/") + call.example_path + (f"?{query}" if query else "")
    options = [f"method: {quoted(call.method)}"] if call.method != "GET" else []
    headers = ['"x-api-key": process.env.API_KEY'] if call.needs_key else []
    if call.body is not None:
        headers.append('"content-type": "application/json"')
    if headers:
        options.append(f"headers: {{ {', '.join(headers)} }}")
    if call.body is not None:
        text = json.dumps(call.body, indent=2, ensure_ascii=False)
        options.append(f"body: JSON.stringify({text.replace(chr(10), chr(10) + '  ')})")
    lines = [f"const answer = await fetch({quoted(address)}"]
    if options:
        lines[0] += ", {"
        lines += [f"  {option}," for option in options]
        lines.append("});")
    else:
        lines[0] += ");"
    lines.append("if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);")
    return "\n".join([*lines, *javascript_showing(call)])


def javascript_showing(call: Call) -> list[str]:
    if call.is_stream:
        text = "for await (const part of answer.body.pipeThrough(new TextDecoderStream())) console.log(part);"
        return [text]
    if call.gives_json:
        return ["console.log(await answer.json());"]
    if call.answer_type.startswith("text/"):
        return ["console.log(await answer.text());"]
    return ["const file = new Uint8Array(await answer.arrayBuffer());", "console.log(file.length);"]


def quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def indented(text: str) -> str:
    """The lines after the first stand under it."""
    return text.replace("\n", "\n         ")


def all_of(call: Call, base: str) -> list[tuple[str, str, str]]:
    """(id, language, code) of each."""
    return [
        ("curl", "curl", curl_of(call, base)),
        ("python", "Python", python_of(call, base)),
        ("javascript", "JavaScript", javascript_of(call, base)),
    ]

"""The results as one table, for people, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from bench.judgement import Judged, Mark
from bench.plan import Plan
from bench.results import Results
from bench.targets import Limit

HEADINGS = ("what", "messages", "median", "least to most", "the original", "ratio", "target", "")
TITLES = {
    "load": "A new hub takes in a corpus",
    "start": "Start and memory",
    "reads": "Reads",
    "streams": "WebSocket",
    "webhooks": "Webhooks",
    "sends": "Sends",
    "ingest": "A full hub takes in more, while somebody reads",
}


def table(judged: Sequence[Judged]) -> list[tuple[str, list[list[str]]]]:
    """The lines of each group, under its title."""
    groups: dict[str, list[list[str]]] = {}
    for one in judged:
        groups.setdefault(one.row.group, []).append(line(one))
    return [(TITLES[name], lines) for name, lines in groups.items()]


def line(one: Judged) -> list[str]:
    row, spread = one.row, one.row.spread
    varies = spread.runs > 1
    target = ""
    if one.target is not None:
        sign = ("≥ " if row.better == "more" else "≤ ") if isinstance(one.target, Limit) else ""
        target = sign + one.target.words
    return [
        row.title,
        f"{row.size:,}" if row.size is not None else "",
        f"{number(spread.median)} {row.unit}".strip(),
        f"{number(spread.least)} to {number(spread.most)}" if varies else "",
        number(one.original) if one.original is not None else "",
        f"{number(one.ratio)} ×" if one.ratio is not None else "",
        target,
        str(one.mark),
    ]


def number(value: float) -> str:
    """With as many digits as mean something."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.3f}"


def as_text(results: Results, judged: Sequence[Judged]) -> str:
    groups = table(judged)
    every = [HEADINGS, *(one for _, lines in groups for one in lines)]
    widths = [max(len(one[column]) for one in every) for column in range(len(HEADINGS))]

    def laid_out(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        parts = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others[:-1]), others[-1][0]]
        return "  ".join(parts).rstrip()

    said = [laid_out(HEADINGS)]
    for title, lines in groups:
        said += ["", title, *(laid_out(cells) for cells in lines)]
    return "\n".join([*said, "", *remarks(results, judged)])


def as_markdown(results: Results, judged: Sequence[Judged]) -> str:
    said: list[str] = []
    for title, lines in table(judged):
        said += [f"**{title}**", "", markdown_line(HEADINGS), markdown_line(["---", *["---:"] * 6, "---"])]
        said += [*(markdown_line(cells) for cells in lines), ""]
    return "\n".join([*said, *remarks(results, judged)])


def markdown_line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def remarks(results: Results, judged: Sequence[Judged]) -> list[str]:
    """What surrounded it, and how many targets were met."""
    said = []
    for name, around in results.circumstances.items():
        said.append(
            f"{TITLES[name]}: probe {around.probe_ms:.2f} ms ({min(around.probes_ms):.2f} to "
            f"{max(around.probes_ms):.2f}), load {around.load:g} before, {around.steal_percent:g} % stolen."
        )
    said += [f"{TITLES[name]}: not all could be measured. {why}" for name, why in results.failures.items()]
    marks = [one.mark for one in judged]
    said.append(
        f"Targets: {marks.count(Mark.MET)} met, {marks.count(Mark.MET_CORRECTED)} met when corrected by the "
        f"probe, {marks.count(Mark.MISSED)} not met."
    )
    return said


def as_json(results: Results, judged: Sequence[Judged], plan: Plan, about: dict[str, Any]) -> bytes:
    whole = {
        "about": about,
        "plan": asdict(plan),
        "circumstances": {name: asdict(one) for name, one in results.circumstances.items()},
        "rows": [row_as_json(one) for one in judged],
        "runs": results.details,
        "failures": results.failures,
    }
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def row_as_json(one: Judged) -> dict[str, Any]:
    return {
        **asdict(one.row),
        "slowness": round(one.slowness, 3),
        "corrected": one.corrected,
        "original": one.original,
        "ratio": one.ratio,
        "target": one.target.words if one.target is not None else None,
        "mark": one.mark,
    }

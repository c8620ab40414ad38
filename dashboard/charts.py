"""Charts: pure functions from numbers to the geometry of an SVG, which `dashboard/parts/chart.html` draws.

Along the width everything is in percent of it and in height in pixels, and there is no view box: so a chart
fills whatever room it has, and its letters have the same size on a phone and on a wide screen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Pixels
ABOVE, PLOT, BELOW = 22, 128, 22  # of columns: the scale's number, the columns, the names
LEAST_HEIGHT = 2  # of a column that stands for anything at all
ROW, BAR_TOP, BAR_HEIGHT = 38, 20, 8  # of horizontal bars: one row, and the bar below its name
SPLIT_HEIGHT = 20

# Percent of the width
GAP = 0.25  # of the room that a column has
LEAST_WIDTH = 0.6
EDGE = 6.0  # a name whose middle is nearer to the edge is aligned with it


@dataclass(frozen=True, slots=True)
class Value:
    """A number and what it is of. `tick` is what the axis says there; often nothing."""

    name: str
    number: int
    tick: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle; `title` is what it says when it is pointed at."""

    style: str
    x: str
    y: float
    width: str
    height: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    x: str
    y: float
    anchor: str = "start"
    style: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """`summary` says in a sentence what one sees; `values` are all the numbers, of what `heads` says."""

    name: str
    height: int
    summary: str
    heads: tuple[str, str]
    values: Sequence[Value]
    bars: Sequence[Bar] = ()
    texts: Sequence[Text] = ()
    rules: Sequence[float] = ()
    legend: Sequence[tuple[str, Value, str]] = ()  # (style, value, share)

    @property
    def total(self) -> int:
        return sum(value.number for value in self.values)


def columns(name: str, what: str, of: str, values: Sequence[Value]) -> Chart:
    """Upright bars in a row, for what follows one another. `what` is counted, for each `of`: "Messages" for
    each "Day"."""
    most = max((value.number for value in values), default=0)
    room = 100 / len(values) if values else 100.0
    bottom = ABOVE + PLOT
    bars, texts = [], [Text(short(most), "0%", ABOVE - 7)] if most else []
    for index, value in enumerate(values):
        if value.number:
            height = max(PLOT * value.number / most, LEAST_HEIGHT)
            bars.append(
                Bar(
                    "bar",
                    percent(room * (index + GAP / 2)),
                    round(bottom - height, 1),
                    percent(room * (1 - GAP)),
                    round(height, 1),
                    f"{value.name}: {value.number:,}",
                )
            )
        if value.tick:
            texts.append(tick(value.tick, room * (index + 0.5), bottom + 16))
    return Chart(
        name=name,
        height=ABOVE + PLOT + BELOW,
        summary=summary_of_columns(what, of, values),
        heads=(of, what),
        values=values,
        bars=bars,
        texts=texts,
        rules=[ABOVE, bottom],
    )


def tick(text: str, middle: float, y: float) -> Text:
    if middle < EDGE:
        return Text(text, "0%", y)
    if middle > 100 - EDGE:
        return Text(text, "100%", y, "end")
    return Text(text, percent(middle), y, "middle")


def summary_of_columns(what: str, of: str, values: Sequence[Value]) -> str:
    total = sum(value.number for value in values)
    if not total:
        return f"{what}: none."
    top = max(values, key=lambda value: value.number)
    return f"{what} by {of.lower()}: {total:,} in all; the most, {top.number:,}, {top.name}."


def bars(name: str, what: str, of: str, values: Sequence[Value]) -> Chart:
    """Lying bars below one another, for what is compared; in the order that they come in."""
    total = sum(value.number for value in values)
    most = max((value.number for value in values), default=0)
    drawn, texts = [], []
    for index, value in enumerate(values):
        top = ROW * index
        drawn.append(Bar("track", "0%", top + BAR_TOP, "100%", BAR_HEIGHT))
        width = width_of(value.number, most)
        drawn.append(Bar("bar", "0%", top + BAR_TOP, width, BAR_HEIGHT, f"{value.name}: {value.number:,}"))
        texts.append(Text(value.name, "0%", top + 14, "start", "name"))
        number = f"{value.number:,} ({share(value.number, total)})"
        texts.append(Text(number, "100%", top + 14, "end", "value"))
    return Chart(
        name=name,
        height=ROW * len(values),
        summary=summary_of_shares(what, of, values),
        heads=(of, what),
        values=values,
        bars=drawn,
        texts=texts,
    )


def split(name: str, what: str, of: str, values: Sequence[Value]) -> Chart:
    """One bar in two parts or more, each with its share; in the order that they come in."""
    total = sum(value.number for value in values)
    parts, begin = [], 0.0
    for index, value in enumerate(values):
        width = 100 * value.number / total if total else 0.0
        if width:
            title = f"{value.name}: {value.number:,}"
            parts.append(Bar(f"part-{index}", percent(begin), 0, percent(width), SPLIT_HEIGHT, title))
        begin += width
    return Chart(
        name=name,
        height=SPLIT_HEIGHT,
        summary=summary_of_shares(what, of, values),
        heads=(of, what),
        values=values,
        bars=parts,
        legend=[(f"part-{index}", value, share(value.number, total)) for index, value in enumerate(values)],
    )


def summary_of_shares(what: str, of: str, values: Sequence[Value]) -> str:
    total = sum(value.number for value in values)
    if not total:
        return f"{what}: none."
    said = ", ".join(f"{value.name} {share(value.number, total)}" for value in values[:5])
    rest = f", and {len(values) - 5} more" if len(values) > 5 else ""
    return f"{what} by {of.lower()}, {total:,} in all: {said}{rest}."


def with_ticks(named: Iterable[tuple[str, str, int]], most: int = 4) -> list[Value]:
    """Values of (name, short name, number), of which at most about `most` show their short names; the last
    is among them."""
    rows = list(named)
    step = max(1, -(-len(rows) // most))
    last = len(rows) - 1
    return [
        Value(name, number, short_name if (last - index) % step == 0 else "")
        for index, (name, short_name, number) in enumerate(rows)
    ]


def folded(values: Sequence[Value], most: int, rest: str) -> list[Value]:
    """The greatest first, `most` at the most: what is left is added up under the name `rest`, at the end."""
    ordered = sorted(values, key=lambda value: -value.number)
    if len(ordered) <= most:
        return ordered
    left = sum(value.number for value in ordered[most - 1 :])
    return [*ordered[: most - 1], Value(rest, left)]


def percent(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".") + "%"


def width_of(number: int, most: int) -> str:
    """How long the bar of `number` is where that of `most` fills the width."""
    return percent(max(100 * number / most, LEAST_WIDTH)) if number and most else "0%"


def share(number: int, total: int) -> str:
    """`42 %`; what is there is never called 0 %, what is not all never 100 %."""
    if not total or not number:
        return "0 %"
    if number == total:
        return "100 %"
    return f"{min(max(round(100 * number / total), 1), 99)} %"


def short(number: int) -> str:
    return f"{number:,}" if number < 100_000 else f"{number / 1000:,.0f}k"

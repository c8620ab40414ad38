"""Charts: numbers become geometry, and sentences."""

import re

from django.template.loader import render_to_string

from dashboard import charts
from dashboard.charts import Chart, Value

WEEK = [Value("Monday", 4, "Mon"), Value("Tuesday", 0, "Tue"), Value("Wednesday", 8, "Wed")]


def drawn(chart: Chart) -> str:
    return render_to_string("dashboard/parts/chart.html", {"chart": chart})


def test_the_highest_column_fills_the_plot_and_the_others_are_in_proportion() -> None:
    chart = charts.columns("week", "Messages", "Weekday", WEEK)
    assert [(bar.height, bar.y) for bar in chart.bars] == [
        (charts.PLOT / 2, charts.ABOVE + charts.PLOT / 2),
        (charts.PLOT, charts.ABOVE),
    ]
    assert {bar.width for bar in chart.bars} == {"25%"}
    assert [bar.x for bar in chart.bars] == ["4.167%", "70.833%"]


def test_what_is_next_to_nothing_can_still_be_seen() -> None:
    values = [Value("a", 1), Value("b", 1_000_000)]
    assert charts.columns("x", "Messages", "Day", values).bars[0].height == charts.LEAST_HEIGHT
    assert charts.width_of(1, 1_000_000) == "0.6%"
    assert charts.width_of(0, 1_000_000) == "0%"


def test_names_at_the_edges_stay_inside() -> None:
    chart = charts.columns("x", "Messages", "Day", [Value(str(n), n, f"day {n}") for n in range(30)])
    names = [text for text in chart.texts if text.text.startswith("day")]
    assert (names[0].x, names[0].anchor) == ("0%", "start")
    assert (names[15].x, names[15].anchor) == ("51.667%", "middle")
    assert (names[-1].x, names[-1].anchor) == ("100%", "end")


def test_only_some_names_are_shown_and_the_last_is_one_of_them() -> None:
    values = charts.with_ticks((f"day {n}", str(n), n) for n in range(30))
    assert [value.tick for value in values if value.tick] == ["5", "13", "21", "29"]
    assert [value.tick for value in charts.with_ticks([("a", "A", 1)])] == ["A"]
    assert charts.with_ticks([]) == []


def test_a_chart_says_what_one_sees() -> None:
    assert charts.columns("week", "Messages", "Weekday", WEEK).summary == (
        "Messages by weekday: 12 in all; the most, 8, Wednesday."
    )
    kinds = [Value("Text", 80), Value("Images", 20)]
    assert charts.bars("types", "Messages", "Type", kinds).summary == (
        "Messages by type, 100 in all: Text 80 %, Images 20 %."
    )
    assert charts.bars("types", "Messages", "Type", []).summary == "Messages: none."
    assert charts.columns("week", "Messages", "Day", []).summary == "Messages: none."
    many = [Value(str(n), 10) for n in range(8)]
    assert charts.split("x", "Messages", "Type", many).summary.endswith("4 12 %, and 3 more.")


def test_nothing_is_drawn_of_nothing() -> None:
    chart = charts.columns("x", "Messages", "Day", [Value("a", 0), Value("b", 0)])
    assert (chart.bars, chart.texts, chart.total) == ([], [], 0)
    assert charts.split("x", "Messages", "Direction", [Value("Sent", 0)]).bars == []


def test_lying_bars_each_have_a_row_with_name_number_and_share() -> None:
    chart = charts.bars("types", "Messages", "Type", [Value("Text", 1500), Value("Images", 500)])
    assert chart.height == 2 * charts.ROW
    assert [bar.width for bar in chart.bars if bar.style == "bar"] == ["100%", "33.333%"]
    assert [text.text for text in chart.texts] == ["Text", "1,500 (75 %)", "Images", "500 (25 %)"]


def test_a_split_bar_is_full() -> None:
    chart = charts.split("x", "Messages", "Direction", [Value("Received", 3), Value("Sent", 1)])
    assert [(bar.style, bar.x, bar.width) for bar in chart.bars] == [
        ("part-0", "0%", "75%"),
        ("part-1", "75%", "25%"),
    ]
    assert [(value.name, share) for _, value, share in chart.legend] == [
        ("Received", "75 %"),
        ("Sent", "25 %"),
    ]


def test_shares_don_t_pretend() -> None:
    assert [charts.share(*pair) for pair in ((0, 9), (1, 9999), (9998, 9999), (9, 9), (0, 0), (1, 3))] == [
        "0 %",
        "1 %",
        "99 %",
        "100 %",
        "0 %",
        "33 %",
    ]


def test_the_least_are_added_up_at_the_end() -> None:
    values = [Value("a", 1), Value("b", 9), Value("c", 2), Value("d", 3)]
    assert charts.folded(values, 3, "Others") == [Value("b", 9), Value("d", 3), Value("Others", 3)]
    assert charts.folded(values[:2], 3, "Others") == [Value("b", 9), Value("a", 1)]


def test_a_chart_is_an_image_with_a_name_and_its_numbers_are_in_a_table() -> None:
    text = drawn(charts.columns("week", "Messages", "Weekday", WEEK))
    assert 'role="img" aria-label="Messages by weekday: 12 in all; the most, 8, Wednesday."' in text
    assert '<details class="chart-numbers" id="week-numbers">' in text
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="number">(.*?)</td>', text)
    assert rows == [("Monday", "4"), ("Tuesday", "0"), ("Wednesday", "8")]
    assert "style=" not in text


def test_names_that_others_chose_are_only_text() -> None:
    text = drawn(charts.bars("x", "Messages", "Chat", [Value("<script>alert(1)</script>", 1)]))
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") == 4  # its name, its title, the summary, the table

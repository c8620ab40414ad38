"""Measures the hub, prints a table and writes JSON.

Everything happens on loopback, with hubs that are started for it on data of their own: no hub that runs, and
no number, is touched.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import uvloop

from bench import machine
from bench.clients.http import Failed
from bench.corpus import files
from bench.hubs.databases import Databases, PostgreSQL, SQLite
from bench.hubs.process import Broken
from bench.hubs.whatsapp import simulated
from bench.judgement import judge
from bench.measures import delivering, ingesting, loading, reading, sending, starting, streaming
from bench.plan import GROUPS, Plan
from bench.report import as_json, as_markdown, as_text
from bench.results import Results
from bench.workshop import Workshop, say

MEASURES: dict[str, Callable[[Workshop], Awaitable[None]]] = {
    "load": loading.measure,
    "start": starting.measure,
    "reads": reading.measure,
    "streams": streaming.measure,
    "webhooks": delivering.measure,
    "sends": sending.measure,
    "ingest": ingesting.measure,
}
QUICK = Plan(sizes=(10_000,), runs=2, effort=0.3)


def options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes, on 10,000 messages")
    parser.add_argument(
        "--messages",
        type=positive,
        nargs="+",
        metavar="N",
        help="how many messages the databases have (100000 1000000)",
    )
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="GROUP", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--runs", type=positive, help="how often each is measured (3)")
    parser.add_argument(
        "--clients",
        type=positive,
        nargs="+",
        metavar="N",
        help="how many listen over WebSocket at a time (1 20 200)",
    )
    parser.add_argument("--effort", type=float, help="how long a run is, 1 being as it is meant")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="where loaded databases stay, to be used again the next time",
    )
    parser.add_argument(
        "--postgres",
        metavar="URL",
        help="a PostgreSQL to measure the hub on, in databases of the bench's own",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes (bench.json)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="where the table goes as Markdown")
    chosen = parser.parse_args(words)
    chosen.out = chosen.out or Path("bench.json")
    return chosen


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} must be 1 or more")
    return value


def plan_of(chosen: argparse.Namespace) -> Plan:
    plan = QUICK if chosen.quick else Plan()
    if chosen.messages:
        plan = replace(plan, sizes=tuple(sorted(set(chosen.messages))))
    if chosen.only:  # all else needs what is loaded
        groups = tuple(name for name in GROUPS if name == "load" or name in chosen.only)
        plan = replace(plan, groups=groups, loads_anew="load" in chosen.only)
    if chosen.runs:
        plan = replace(plan, runs=chosen.runs)
    if chosen.clients:
        plan = replace(plan, clients=tuple(chosen.clients))
    if chosen.effort:
        plan = replace(plan, effort=chosen.effort)
    return plan


async def measure(plan: Plan, folder: Path, databases: Databases, *, keeps: bool) -> Results:
    end_on_sigterm()
    say("writing the corpus")
    corpus = files.prepare(folder / "corpus", plan.sizes, plan.pieces)
    async with simulated(folder / "whatsapp") as whatsapp:
        workshop = Workshop(plan, folder, keeps, corpus, whatsapp, databases)
        try:
            for name in plan.groups:
                await measure_group(name, workshop)
        finally:
            workshop.close()
    return workshop.results


async def measure_group(name: str, workshop: Workshop) -> None:
    """What one group fails at does not take the others' figures along."""
    try:
        await MEASURES[name](workshop)
    except (Broken, Failed, OSError, asyncio.IncompleteReadError) as error:
        if name == "load":
            raise
        workshop.results.failures[name] = f"{type(error).__name__}: {error}"
        say(f"{name} can't be measured: {error}")


def end_on_sigterm() -> None:
    """As on Ctrl+C: all that was started is stopped first."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def main(words: Sequence[str]) -> None:
    chosen = options(words)
    plan = plan_of(chosen)
    began = time.time()
    databases = PostgreSQL(chosen.postgres) if chosen.postgres else SQLite()
    place = nullcontext(chosen.keep) if chosen.keep else tempfile.TemporaryDirectory(prefix="hub-bench-")
    with place as folder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            results = runner.run(measure(plan, Path(folder).absolute(), databases, keeps=bool(chosen.keep)))
        except (Broken, Failed) as error:
            sys.exit(str(error))
        except (KeyboardInterrupt, asyncio.CancelledError):
            sys.exit("Stopped before the end.")
    judged = judge(results)
    about = {
        **machine.about(),
        "database": "postgresql" if chosen.postgres else "sqlite",
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
        "seconds": round(time.time() - began),
    }
    chosen.out.write_bytes(as_json(results, judged, plan, about))
    if chosen.markdown:
        chosen.markdown.write_text(as_markdown(results, judged) + "\n")
    print(as_text(results, judged))
    print(f"All of it, with every run, is in {chosen.out}.")
    if results.failures:
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])

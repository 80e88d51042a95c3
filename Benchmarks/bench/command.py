"""The options of scripts/bench."""

import argparse
import signal
import sys
import tempfile

from . import cases, chart, contestants, machine, publishing, record, report, thresholds
from .measuring import Measuring


def main():
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):  # nothing is left running, also in the background of a shell
        signal.signal(number, signal.default_int_handler)
    try:
        wanted = thresholds.read(options.thresholds)
        run = record.read(options.results) if options.results else _measure(options)
        return _finish(options, wanted, run)
    except (OSError, ValueError, thresholds.ThresholdError, publishing.PublishingError) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1


def _options():
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="mprun beside CPython's multiprocessing, Lua Lanes and C",
        epilog="A NAME selects the cases that contain it: " + " ".join(cases.all_names()))
    parser.add_argument("--rounds", type=int, default=5, help="how often each program runs (5)")
    parser.add_argument("--quick", action="store_true", help="each program once, for a moment: does it work?")
    parser.add_argument("--json", metavar="FILE", help="writes all figures")
    parser.add_argument("--chart", metavar="FILE", help="writes the chart, as SVG")
    parser.add_argument("--check", action="store_true", help="fails if a threshold is missed")
    parser.add_argument("--thresholds", metavar="FILE", default=thresholds.FILE, help="others than the committed ones")
    parser.add_argument("--readme", action="store_true", help="rewrites README.md and docs/performance.*")
    parser.add_argument("--results", metavar="FILE", help="measures nothing; takes what --json wrote")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    if not cases.select(options.names):
        parser.error("no such case")
    if options.readme and not options.results and (options.quick or options.names):
        parser.error("--readme wants all cases, without --quick")
    return options


def _measure(options):
    company = machine.Company()
    rounds = 1 if options.quick else options.rounds
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        present, absent = contestants.find(folder)
        run = record.Run(rounds, options.quick, {name: one.version for name, one in present.items()}, absent,
                         load_before=company.load_before)
        if company.busy_before():
            print(f"bench: the machine is busy (load average {company.load_before:.1f}, {machine.cores()} cores): "
                  "the figures will be noise", file=sys.stderr)
        for name, why in absent.items():
            print(f"bench: without {name}: {why}", file=sys.stderr)
        run.interrupted = _measure_all(options, run, Measuring(present, rounds, options.quick, _progress))
    run.others = company.share()
    # Where another failed, the tables say so.
    lacking = any(column == "mprun" for _, column, _ in run.failures()) or "mprun" not in run.versions
    run.complete = not (run.interrupted or options.names or options.quick or lacking)
    return run


def _measure_all(options, run, measuring):
    """Was that interrupted?"""
    terminal = report.Terminal(run.versions)
    for section, selected in cases.select(options.names):
        terminal.heading(section)
        for case in selected:
            result, interrupted = measuring.measure(case, section.growth)
            if result.costs or result.failures:
                run.results[case.name] = result
                terminal.row(section, case, result)
            if interrupted:
                return True
    return False


def _finish(options, wanted, run):
    """Says and writes what there is; gives the status."""
    print()
    for line in (report.LEGEND, *report.circumstances(run)):
        print(line)
    groups = thresholds.judge(wanted, run)
    if not run.quick or options.check:
        print("\n".join(report.verdict(groups, run)))
    if options.json:
        run.write(options.json)
    if options.chart:
        with open(options.chart, "w", encoding="utf-8") as file:
            file.write(chart.speed(run))
    for name, column, problem in run.failures():
        print(f"bench: {name}, {column}: {problem}", file=sys.stderr)
    if run.interrupted:
        print("bench: interrupted; above is what was measured so far", file=sys.stderr)
        return 130
    if options.readme:
        print("written:", *publishing.publish(run))
    return 1 if run.failures() or options.check and groups[1] else 0


def _progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)

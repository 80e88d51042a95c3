"""The generated parts of the documentation: a chart and a short table in README.md, everything in docs/performance.md.

A generated part stands between <!-- bench --> and <!-- /bench -->.
"""

import re

from . import chart, report, thresholds
from .contestants import ROOT

README, PAGE, PICTURE = ROOT / "README.md", ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.svg"
SHORT = (
    "queue_int", "queue_many", "queue_small", "queue_1k", "queue_1m", "round_trip", "process", "lock_free", "lock_2",
    "value_2", "dict_get", "dict_set", "pool_chunk_1", "pool_default",
)
SHORT_COLUMNS = ("mprun", "CPython", "C")


class PublishingError(Exception):
    pass


def publish(run):
    """Rewrites all of them; gives the files."""
    if run.quick or not run.complete:
        raise PublishingError("only a complete run, without --quick and names, can be published")
    PICTURE.write_text(chart.speed(run), encoding="utf-8")
    _replace(README, _short(run))
    _replace(PAGE, _full(run))
    return README, PAGE, PICTURE


def _replace(path, text):
    page = path.read_text(encoding="utf-8")
    page, count = re.subn(r"(<!-- bench -->\n).*?(<!-- /bench -->)", lambda found: found[1] + text + found[2], page,
                          flags=re.DOTALL)
    if count != 1:
        raise PublishingError(f"{path}: {count} parts between <!-- bench --> and <!-- /bench -->, not one")
    path.write_text(page, encoding="utf-8")


def _short(run):
    rows = []
    for section in run.sections():
        for case, result in run.rows(section):
            if case.name in SHORT:
                costs = [case.unit.show(result.median(column)) if column in result.costs else report.NONE
                         for column in SHORT_COLUMNS]
                ratios = [report.times(result.ratio(column)) for column in SHORT_COLUMNS[1:]]
                rows.append([_title(section, case), *costs, *ratios])
    headings = ["", *SHORT_COLUMNS, *(f"× {column}" for column in SHORT_COLUMNS[1:])]
    return "\n".join([
        "![How many times as fast as CPython's multiprocessing](docs/performance.svg)", "",
        *_table(headings, rows), "", _where(run), ""])


def _full(run):
    lines = [_where(run), *_busy(run)]
    for section in run.sections():
        lines += ["", f"### {section.title}", ""]
        if section.note:
            lines += [section.note, ""]
        if section.growth:
            rows = [_growth_row(case, result) for case, result in run.rows(section)]
            headings = ["", "costs", "grows", "slope", "each further one"]
        else:
            columns = run.columns(section)
            rows = [[case.title, *report.cells(case, result, columns)] for case, result in run.rows(section)]
            headings = ["", *columns]
        lines += _table(headings, rows)
    return "\n".join([*lines, *_thresholds(run), ""])


def _growth_row(case, result):
    costs = ", ".join(f"{int(size):,}: {case.unit.show(result.median(size))}" for size in result.sizes())
    grows = [f"×{report.times(result.growth())}", report.slope(result), report.one_more(result)]
    return [case.title, costs, *grows]


def _thresholds(run):
    met, missed, unknown = thresholds.judge(thresholds.read(), run)
    yield from ["", "### Thresholds", ""]
    yield (f"{len(met)} met, {len(missed)} missed, {len(unknown)} not measured, of those in "
           "[thresholds.toml](../Benchmarks/thresholds.toml).")
    if missed:
        yield from ["", "Missed:", "", *(f"- {threshold.describe(run)}" for threshold in missed)]


def _title(section, case):
    if section.title in ("Queues", "Pool"):
        return f"{section.title.rstrip('s')}: {case.title}"
    return case.title[0].upper() + case.title[1:]


def _where(run):
    machine = run.machine
    versions = [f"{name} {version}" for name, version in run.versions.items() if name not in ("SimpleQueue", "C")]
    return (f"Medians of {run.rounds} rounds on {run.date}: {machine['processor']}, {machine['cores']} cores, "
            f"{machine['kernel']}; {', '.join(versions)}.")


def _busy(run):
    return [""] + [line for line in report.circumstances(run) if "BUSY" in line] if run.busy else []


def _table(headings, rows):
    for cells in (headings, ["---"] * len(headings), *rows):
        yield f"| {' | '.join(cells)} |"

"""A run on the terminal, and as Markdown: the same cells."""

from .case import SECONDS
from .contestants import COLUMNS
from .results import Result

NONE = "–"


def times(ratio):
    """How many times: three digits."""
    if ratio is None:
        return NONE
    return f"{ratio:,.0f}" if ratio >= 99.5 else f"{ratio:.3g}"


def percent(share):
    return f"±{share * 100:.0f}"


def cells(case, result, columns):
    """For each column the median, its spread and how many times as fast mprun is."""
    row = []
    for column in columns:
        if column in result.failures:
            row.append("failed" if not result.failures[column].startswith("not without ") else NONE)
        elif column not in result.costs:
            row.append(NONE)
        else:
            cell = f"{case.unit.show(result.median(column))} {percent(result.spread(column))}"
            ratio = result.ratio(column) if column != "mprun" else None
            row.append(f"{cell} ×{times(ratio)}" if ratio else cell)
    return row


def growth_cells(result: Result):
    """The cost at each size; how it grows; its slope; what each further one adds."""
    if "mprun" in result.failures or not result.costs:
        return ["failed"]
    each = [f"{size}: {SECONDS.show(result.median(size))} {percent(result.spread(size))}" for size in result.sizes()]
    if len(each) < 2:
        return each
    return [*each, f"×{times(result.growth())}, slope {slope(result)}, {one_more(result)} each"]


def slope(result):
    return f"{result.slope():+.2f}".replace("-", "−")


def one_more(result):
    """What each further object, process or item costs."""
    seconds = result.cost_of_one_more()
    if abs(seconds) < 0.5e-11:
        return "0 ns"
    return ("+" if seconds > 0 else "−") + SECONDS.show(abs(seconds))


class Terminal:
    """Prints each row when it is complete."""

    TITLE, CELL = 36, 22

    def __init__(self, columns):
        self._present = columns

    def heading(self, section):
        columns = self.columns(section)
        print(f"\n{section.title.upper()}\n{section.note}".rstrip() + "\n")
        if not section.growth:
            print(f"{'':{self.TITLE}}" + "".join(f"{column:>{self.CELL}}" for column in columns), flush=True)

    def row(self, section, case, result):
        if section.growth:
            row = "  ".join(growth_cells(result))
        else:
            row = "".join(f"{cell:>{self.CELL}}" for cell in cells(case, result, self.columns(section)))
        print(f"{case.title:{self.TITLE}}{row}", flush=True)

    def columns(self, section):
        used = {column for case in section.cases for column in case.programs}
        return [column for column in COLUMNS if column in used and column in self._present]


def circumstances(run):
    """Lines about where and how this was measured."""
    machine = run.machine
    yield (f"{machine['processor']}, {machine['cores']} cores, {machine['memory_bytes'] / 2**30:.0f} GiB, "
           f"{machine['kernel']}, {machine['architecture']}.")
    versions = [f"{name} {version}".strip() for name, version in run.versions.items() if name != "SimpleQueue"]
    yield ", ".join(versions) + "."
    if run.busy:
        yield (f"THE MACHINE WAS BUSY: load average {run.load_before:.1f} before, others used {run.others:.1f} cores "
               "meanwhile. These figures are noise.")


LEGEND = ("Medians of the rounds, ± the median deviation from it in percent. ×N: mprun is N times as fast, or needs an "
          "Nth; below 1 it is slower. The median of the ratios of the rounds.")


def verdict(groups, run):
    """Lines about the thresholds."""
    met, missed, unknown = groups
    yield f"thresholds: {len(met)} met, {len(missed)} missed, {len(unknown)} not measured"
    for threshold in missed:
        yield f"  missed: {threshold.describe(run)}"

"""What must not be missed: ratios, from thresholds.toml."""

import tomllib
from dataclasses import dataclass
from typing import Optional

from . import cases
from .contestants import COLUMNS, HERE

FILE = HERE / "thresholds.toml"


@dataclass(frozen=True)
class Threshold:
    case: str
    kind: str  # "faster", "slower", "growth" or "cores"
    bound: float
    against: Optional[str] = None  # the contestant

    def measured(self, run):
        """The figure to compare; None if it was not measured."""
        result = run.results.get(self.case)
        if result is None or not result.costs:
            return None
        if self.kind == "growth":
            return result.growth()
        if self.kind == "cores":
            return result.median("mprun")
        ratio = result.ratio(self.against)
        return 1 / ratio if ratio and self.kind == "slower" else ratio

    def missed(self, run):
        figure = self.measured(run)
        if figure is None:
            # A contestant that is not here is nobody's fault; mprun must give its figure.
            return self.case in run.results and "mprun" in run.results[self.case].failures
        return figure < self.bound if self.kind == "faster" else figure > self.bound

    def describe(self, run):
        figure = self.measured(run)
        shown = "no figure" if figure is None else f"{figure:.3g}"
        if self.kind == "faster":
            return f"{self.case}: {shown} times as fast as {self.against}, at least {self.bound:g} wanted"
        if self.kind == "slower":
            return f"{self.case}: {shown} times the cost of {self.against}, at most {self.bound:g} wanted"
        if self.kind == "growth":
            return f"{self.case}: cost grows {shown}-fold, at most {self.bound:g} wanted"
        return f"{self.case}: {shown} of a core, at most {self.bound:g} wanted"


class ThresholdError(Exception):
    pass


def read(path=FILE):
    with open(path, "rb") as file:
        try:
            tables = tomllib.load(file)
        except tomllib.TOMLDecodeError as problem:
            raise ThresholdError(f"{path}: {problem}") from None
    names, found = cases.all_names(), []
    for name, table in tables.items():
        if name != "every" and name not in names:
            raise ThresholdError(f"{path}: there is no case '{name}'")
        for key, bound in table.items():
            if key in ("growth", "cores"):
                found.append(Threshold(name, key, bound))
            elif key in COLUMNS and isinstance(bound, dict) and bound.keys() <= {"faster", "slower"}:
                of = [case for case in names if key in cases.find(case)[1].programs] if name == "every" else [name]
                found += [Threshold(case, kind, number, key) for kind, number in bound.items() for case in of]
            else:
                raise ThresholdError(f"{path}: [{name}] does not understand '{key}'")
    return found


def judge(thresholds, run):
    """(met, missed, not measured)"""
    groups = ([], [], [])
    for threshold in thresholds:
        if threshold.missed(run):
            groups[1].append(threshold)
        else:
            groups[2 if threshold.measured(run) is None else 0].append(threshold)
    return groups

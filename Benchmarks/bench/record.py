"""A run: what was measured, by whom, where. Kept as JSON."""

import json
import time
from dataclasses import dataclass, field

from . import cases, machine
from .results import Result

FORMAT = 1


@dataclass
class Run:
    rounds: int
    quick: bool
    versions: dict  # contestant: version
    absent: dict  # contestant: why
    machine: dict = field(default_factory=machine.facts)
    date: str = field(default_factory=lambda: time.strftime("%Y-%m-%d"))
    load_before: float = 0.0  # the load average of one minute
    others: float = 0.0  # cores that other programs used meanwhile
    complete: bool = False  # mprun was measured in every case, in all rounds
    interrupted: bool = False
    results: dict = field(default_factory=dict)  # name of the case: Result

    @property
    def busy(self):
        """Too much else was going on: before, or meanwhile."""
        return self.load_before > self.machine["cores"] or self.others > 0.2 * self.machine["cores"]

    def columns(self, section):
        """The contestants of a section that gave a figure, in order."""
        present = {column for _, result in self.rows(section) for column in [*result.costs, *result.failures]}
        return [column for column in self.versions if column in present]

    def rows(self, section):
        return [(case, self.results[case.name]) for case in section.cases if case.name in self.results]

    def sections(self):
        return [section for section in cases.SECTIONS if self.rows(section)]

    def failures(self):
        return [(name, column, problem) for name, result in self.results.items()
                for column, problem in result.failures.items() if not problem.startswith("not without ")]

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self._as_json(), file, indent=1, ensure_ascii=False)
            file.write("\n")

    def _as_json(self):
        plain = {name: value for name, value in vars(self).items() if name != "results"}
        return {"format": FORMAT, **plain, "busy": self.busy, "results": {
            name: self._result_as_json(name, result) for name, result in self.results.items()}}

    def _result_as_json(self, name, result):
        section, case = cases.find(name)
        shown = {"title": case.title, "section": section.title, "amount": case.unit.amount, "costs": result.costs}
        shown["median"] = {column: result.median(column) for column in result.costs}
        shown["spread"] = {column: result.spread(column) for column in result.costs}
        if section.growth and result.costs:
            shown |= {"growth": result.growth(), "slope": result.slope(), "one_more": result.cost_of_one_more()}
        elif not section.growth:
            shown["ratio"] = {column: result.ratio(column) for column in result.costs if column != "mprun"}
        if result.failures:
            shown["failures"] = result.failures
        return shown


def read(path):
    with open(path, encoding="utf-8") as file:
        stored = json.load(file)
    if stored.pop("format", None) != FORMAT:
        raise ValueError(f"{path}: not a run of this version of the benchmarks")
    del stored["busy"]
    known = set(cases.all_names())
    stored["results"] = {
        name: Result(name, shown["costs"], shown.get("failures", {}))
        for name, shown in stored["results"].items() if name in known}
    return Run(**stored)

"""Samples, medians, spreads, ratios."""

import math
import statistics
from dataclasses import dataclass, field


@dataclass
class Result:
    """What a case gave: for each column the cost of one operation in each round. The columns are contestants, or
    sizes where growth is measured."""

    name: str
    costs: dict = field(default_factory=dict)
    failures: dict = field(default_factory=dict)  # contestant: what went wrong

    def add(self, column, cost):
        self.costs.setdefault(column, []).append(cost)

    def fail(self, column, problem):
        self.failures[column] = problem
        self.costs.pop(column, None)

    def median(self, column):
        return statistics.median(self.costs[column]) if column in self.costs else None

    def spread(self, column):
        """The median absolute deviation from the median, as a share of that."""
        return _spread(self.costs[column])

    def ratio(self, other, mine="mprun"):
        """How many times the cost of `mine` the other's is, judged round by round; None if one is absent."""
        ratios = self._ratios(other, mine)
        return statistics.median(ratios) if ratios else None

    def ratio_spread(self, other, mine="mprun"):
        return _spread(self._ratios(other, mine))

    def _ratios(self, other, mine):
        pairs = zip(self.costs.get(other, ()), self.costs.get(mine, ()))
        return [theirs / ours for theirs, ours in pairs if ours > 0 and theirs > 0]

    # Growth: the columns are sizes.

    def sizes(self):
        return sorted(self.costs, key=int)

    def growth(self):
        """How many times the cost at the smallest size that at the largest is."""
        sizes = self.sizes()
        return self.ratio(sizes[-1], sizes[0]) if len(sizes) > 1 else None

    def slope(self):
        """Of the cost over the size, both as logarithms, by least squares: 0 is flat, 1 proportional."""
        points = [(math.log(int(size)), math.log(self.median(size))) for size in self.sizes()]
        middle_x, middle_y = (statistics.fmean(axis) for axis in zip(*points))
        across = sum((x - middle_x) ** 2 for x, _ in points)
        return sum((x - middle_x) * (y - middle_y) for x, y in points) / across if across else 0.0

    def cost_of_one_more(self):
        """The seconds that each further object, process or item adds to an operation."""
        first, last = self.sizes()[0], self.sizes()[-1]
        return (self.median(last) - self.median(first)) / max(int(last) - int(first), 1)


def _spread(values):
    middle = statistics.median(values)
    return statistics.median(abs(value - middle) for value in values) / middle if middle else 0.0

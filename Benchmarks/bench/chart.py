"""A run as a picture: SVG that suits a light and a dark page."""

import math
from xml.sax.saxutils import escape

WIDTH, LABELS, RIGHT, ROW, TOP = 760, 236, 76, 24, 74
SHOWN = (  # cases, and what they are called here
    ("queue_int", "Queue: integers"), ("queue_many", "put_many, get_many"), ("queue_small", "Queue: small tables"),
    ("queue_1k", "Queue: 1 KiB strings"), ("queue_1m", "Queue: 1 MiB strings"), ("round_trip", "Queue: round trip"),
    ("pipe", "Pipe: round trip"), ("condition", "Condition: taking turns"), ("event", "Event: hand-off"),
    ("process", "Process: start and join"), ("lock_free", "Lock: free"), ("lock_2", "Lock: two contend"),
    ("value_2", "Value: two contend"), ("dict_get", "Manager dict: get"), ("dict_set", "Manager dict: set"),
    ("pool_chunk_1", "Pool: chunk size 1"), ("pool_default", "Pool: default chunks"),
)
STYLE = """
  .page { fill: #ffffff; stroke: #d8dee4 }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .quiet { fill: #59636e; font-size: 12px }
  .grid { stroke: #e4e8ec }
  .even { stroke: #8c959f }
  .mprun { fill: #2f6fde }
  .slower { fill: #c2570c }
  .mark { fill: #ffffff; stroke: #1f2328; stroke-width: 1.5 }
  .line { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #30363d }
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .grid { stroke: #21262d }
    .even { stroke: #6e7681 }
    .mprun { fill: #589bff }
    .slower { fill: #f0883e }
    .mark { fill: #0d1117; stroke: #e6edf3 }
  }
"""


class Logarithmic:
    """From values to pixels."""

    def __init__(self, low, high, start, end):
        self.low, self.high = math.floor(math.log10(low)), math.ceil(math.log10(high))
        self._start, self._scale = start, (end - start) / (self.high - self.low)

    def __call__(self, value):
        return round(self._start + (math.log10(value) - self.low) * self._scale, 1)

    def powers(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def speed(run):
    """Bars: how many times as fast as CPython mprun is; where others stand is marked."""
    rows = []
    for name, label in SHOWN:
        result = run.results.get(name)
        if result and result.ratio("CPython"):
            others = {column: result.ratio("CPython", column) for column in ("C", "faster-fifo", "Lanes")}
            rows.append((label, result.ratio("CPython"), {name: ratio for name, ratio in others.items() if ratio}))
    values = [value for _, mine, others in rows for value in (mine, *others.values())] or [1]
    # The bars begin at 1; room to the left is for those that are slower.
    across = Logarithmic(min(0.1 if min(values) < 0.9 else 1, *values), max(10, *values), LABELS, WIDTH - RIGHT)
    height = TOP + ROW * len(rows) + 58
    picture = [*_frame(height, "How many times as fast as CPython’s multiprocessing"), *_legend(rows)]
    bottom = TOP + ROW * len(rows)
    for power in across.powers():
        kind = "even" if power == 1 else "grid"
        picture.append(f'<line class="{kind}" x1="{across(power)}" y1="{TOP - 6}" x2="{across(power)}" y2="{bottom}"/>')
        picture.append(_text(across(power), bottom + 18, f"{power:,g}×", "quiet", "middle"))
    picture.append(_text(WIDTH - 16, bottom + 44, f"Medians of {run.rounds} rounds on {run.machine['cores']} cores; "
                         "logarithmic scale", "quiet", "end"))
    for number, (label, mine, others) in enumerate(rows):
        middle = TOP + ROW * number + ROW / 2
        left, right = sorted((across(1), across(mine)))
        picture.append(_text(LABELS - 12, middle + 4.5, label, anchor="end"))
        picture.append(f'<rect class="{"mprun" if mine >= 1 else "slower"}" x="{left}" y="{middle - 7}" '
                       f'width="{max(right - left, 1):.1f}" height="14" rx="2"/>')
        picture += [_mark(name, across(ratio), middle) for name, ratio in others.items()]
        picture.append(_text(WIDTH - 16, middle + 4.5, f"{_three_digits(mine)}×", anchor="end"))
    return _document(height, picture)


def _frame(height, title):
    yield f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>'
    yield _text(16, 28, title, "title")


def _legend(rows):
    present = {name for _, _, others in rows for name in others}
    x = 16
    yield f'<rect class="mprun" x="{x}" y="41" width="22" height="10" rx="2"/>'
    yield _text(x + 28, 50.5, "mprun", "quiet")
    x += 84
    for name, label in (("C", "C, the same by hand"), ("faster-fifo", "faster-fifo"), ("Lanes", "Lua Lanes")):
        if name in present:
            yield _mark(name, x, 46)
            yield _text(x + 11, 50.5, label, "quiet")
            x += 28 + 6.6 * len(label)


def _mark(name, x, y):
    if name == "C":
        return f'<path class="mark" d="M{x} {y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>'
    if name == "Lanes":
        return f'<rect class="mark" x="{x - 4}" y="{y - 4}" width="8" height="8"/>'
    return f'<circle class="mark" cx="{x}" cy="{y}" r="4.5"/>'


def _text(x, y, text, kind="", anchor=""):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:g}" y="{y:g}"{attributes}>{escape(text)}</text>'


def _three_digits(value):
    return f"{value:,.0f}" if value >= 99.5 else f"{value:.3g}"


def _document(height, picture):
    lines = "\n".join(picture)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            f'role="img">\n<style>{STYLE}</style>\n{lines}\n</svg>\n')

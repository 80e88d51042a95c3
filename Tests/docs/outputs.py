"""Compares what a program printed with what the page says."""

import re


def difference(expected, actual):
    """None, or what is different. expected is a pages.Output or None, which stands for nothing printed."""
    if expected is None:
        return None if actual == "" else "the page does not show this:\n" + actual
    if not same(expected, actual):
        return f"the page says (line {expected.line}):\n{expected.text}it printed:\n{actual}"
    for first, second in expected.before:
        lines = actual.splitlines()
        if lines.index(first) > lines.index(second):
            return f"'{first}' came after '{second}':\n{actual}"
    return None


def same(expected, actual):
    if expected.order == "fixed":
        return matches(expected, expected.text, actual)
    if expected.order == "interleaved":
        wanted, found = (by_word(text, expected.words) for text in (expected.text, actual))
        return wanted.keys() == found.keys() and all(matches(expected, wanted[word], found[word]) for word in wanted)
    split = reports if expected.order.startswith("reports") else str.splitlines
    return paired(expected, split(expected.text), split(actual))


def by_word(text, words):
    """The lines of each word; those with none of them under None."""
    streams = {}
    for line in text.splitlines():
        word = next((word for word in words if word in line), None)
        streams[word] = streams.get(word, "") + line + "\n"
    return streams


def reports(text):
    """The text cut before each line that begins a message of mprun's."""
    return [part for part in re.split(r"^(?=mprun: |Process )", text, flags=re.MULTILINE) if part]


def paired(expected, wanted, found):
    """Is there exactly one found text for each wanted text, in any order? (Matching by augmenting paths.)"""
    partner = {}

    def assign(index, tried):
        for other, text in enumerate(found):
            if other not in tried and matches(expected, wanted[index], text):
                tried.add(other)
                if other not in partner or assign(partner[other], tried):
                    partner[other] = index
                    return True
        return False

    return len(wanted) == len(found) and all(assign(index, set()) for index in range(len(wanted)))


def matches(expected, wanted, found):
    """Is the text the wanted one, but for the words and numbers that stand for others?"""
    varying = expected.either + expected.pids + expected.seconds
    if not varying:
        return wanted == found
    pattern, bound = "", set()
    any_of_them = "|".join(map(re.escape, varying))
    for piece in re.split(rf"(?<![\w.])({any_of_them})(?![\w.]*\w)", wanted, flags=re.ASCII):
        if piece in expected.either:
            pattern += "(?:" + "|".join(map(re.escape, expected.either)) + ")"
        elif piece in expected.seconds:
            pattern += r"\d+\.\d+"
        elif piece in expected.pids:
            pattern += f"(?P=pid{piece})" if piece in bound else rf"(?P<pid{piece}>\d+)"
            bound.add(piece)
        else:
            pattern += re.escape(piece)
    match = re.fullmatch(pattern, found)
    return match is not None and len(set(match.groupdict().values())) == len(bound)


def unnoticed_changes(expected, actual):
    """Lines of the page that could be changed, or left out, without difference() telling; to test the comparison."""
    lines = expected.text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        for changed in ("", "~" + line):
            text = "".join(lines[:index] + [changed] + lines[index + 1:])
            if same(type(expected)(**{**vars(expected), "text": text, "before": []}), actual):
                yield line.rstrip("\n")

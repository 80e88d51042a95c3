"""Relative links of Markdown pages: is the file there, and the heading?"""

import os
import re

from pages import without_code

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def broken(path):
    """[(line, link, why)]"""
    with open(path, encoding="utf-8") as file:
        lines = without_code(file.read())
    found = []
    for number, line in enumerate(lines, 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            aim = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not os.path.exists(aim):
                found.append((number, target, "no such file"))
            elif anchor and anchor not in anchors(aim):
                found.append((number, target, "no such heading"))
    return found


def anchors(path):
    """The anchors that GitHub gives to the headings of a page."""
    names, seen = set(), {}
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    inside = False
    for line in lines:
        if line.startswith("```"):
            inside = not inside
        if inside or not re.match(r"#+ ", line):
            continue
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip())
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen[slug] = seen.get(slug, -1) + 1
        names.add(slug if count == 0 else f"{slug}-{count}")
    return names

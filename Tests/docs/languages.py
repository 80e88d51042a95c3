"""Are the programs of two languages the same, but for comments and printed text?"""

import re

LUA = re.compile(r"""
    --\[(?P<c>=*)\[.*?\](?P=c)\] | --[^\n]*          # comments
  | (?P<string>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | \[(?P<s>=*)\[.*?\](?P=s)\])
  | (?P<space>\s+)
""", re.VERBOSE | re.DOTALL)

SHELL = re.compile(r"""(?P<c>\#[^\n]*) | (?P<string>"[^"]*"|'[^']*') | (?P<space>\s+)""", re.VERBOSE)


def skeleton(program):
    """The code with every string the same, and without comments and spaces."""
    pattern = SHELL if program.language == "sh" else LUA
    if program.language == "python":
        return program.code
    return pattern.sub(lambda match: '""' if match["string"] else " " if match["space"] else "", program.code).split()


def differences(english, other):
    """English programs, the other ones → complaints."""
    if len(english) != len(other):
        return [f"{len(english)} programs in English, {len(other)} in the other language"]
    found = []
    for one, two in zip(english, other):
        for what in ("language", "file", "status", "port", "only_written"):
            if getattr(one, what) != getattr(two, what):
                found.append(f"line {two.line}: another {what.replace('_', ' ')} than in English, line {one.line}")
        if bool(one.not_run) != bool(two.not_run) or bool(one.stdout) != bool(two.stdout):
            found.append(f"line {two.line}: only one of the languages runs it, or shows what it prints")
        if skeleton(one) != skeleton(two):
            found.append(f"line {two.line}: another program than in English, line {one.line}")
    return found

"""Reads a page of Markdown: its programs, what they must print, its links.

A fenced block at the margin is

    ```lua      a program; it runs as example.lua under mprun
    ```sh       commands for the shell
    ```python   a program for Python
    ```session  what is typed at the prompt of mprun, and what appears
    ```text     what the program above it prints

and a comment before a block says what is special about it. Before a program:

    <!-- file: server.lua -->       the name of its file, which later blocks of the page can use
    <!-- runs below -->             it is only written; a ```sh block of the page names it
    <!-- status: 1 -->              its exit status, if that is not 0
    <!-- port: 8080 -->             this number stands for a free port
    <!-- not run: a reason -->      it is only parsed

Before its output:

    <!-- stderr -->                 this is what it prints there; without it, that must be nothing
    <!-- order: any -->             each line, wherever it comes
    <!-- order: interleaved, by egon | alex -->
                                    lines with the same of these words keep their order, and so do those with none
    <!-- order: reports in any order -->
                                    the same for whole messages, each beginning with "mprun: " or "Process "
    <!-- before: one line | another line -->
                                    the one comes before the other, although the order is free
    <!-- either: egon | alex -->    each of these words stands for any of them
    <!-- pids: 412 413 -->          each of these numbers stands for another process id
    <!-- seconds: 1.4 -->           each of these numbers stands for a time
    <!-- not output: a reason -->   the block is no output of a program
"""

import re
from dataclasses import dataclass, field

PROGRAM_FILES = {"lua": "example.lua", "sh": "example.sh", "python": "example.py", "session": "session"}
PROGRAM_COMMENTS = {"file", "runs below", "status", "port", "not run"}
OUTPUT_COMMENTS = {"stderr", "order", "before", "either", "pids", "seconds", "not output"}

FENCE = re.compile(r"```(\w*)$")
PROMPT = re.compile(r">>? ")
COMMENT = re.compile(r"<!-- ([a-z ]+?)(?:: (.+))? -->$")


class PageError(Exception):
    """The page does not keep to the conventions."""


@dataclass
class Output:
    line: int
    text: str
    order: str = "fixed"
    words: list = field(default_factory=list)
    before: list = field(default_factory=list)
    either: list = field(default_factory=list)
    pids: list = field(default_factory=list)
    seconds: list = field(default_factory=list)


@dataclass
class Program:
    line: int
    language: str
    code: str
    file: str
    status: int = 0
    port: str = ""
    only_written: bool = False
    not_run: str = ""
    stdout: Output | None = None
    stderr: Output | None = None


def blocks(text):
    """The fenced blocks: (line, language, content, [(comment, value)])."""
    comments, fence, content = [], None, []
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            if line == "```":
                yield (*fence, "".join(content), comments)
                fence, content, comments = None, [], []
            else:
                content.append(line + "\n")
        elif match := FENCE.match(line):
            fence = (number, match[1])
        elif match := COMMENT.match(line):
            comments = comments + [(match[1], match[2])]
        elif line.strip():
            comments = []  # a comment is about the block that comes next
    if fence:
        raise PageError(f"line {fence[0]}: this block does not end")


def programs(text):
    """The programs of a page, in order, each with its outputs."""
    found = []
    for line, language, content, comments in blocks(text):
        if language in PROGRAM_FILES:
            found.append(program(line, language, content, comments))
        elif language == "text":
            names = dict(comments)
            if "not output" not in names:
                if not found:
                    raise PageError(f"line {line}: output without a program")
                attach(found[-1], output(line, content, comments), "stderr" if "stderr" in names else "stdout")
    return found


def program(line, language, code, comments):
    for name, _ in comments:
        if name not in PROGRAM_COMMENTS:
            raise PageError(f"line {line}: a comment '{name}' before a program")
    given = dict(comments)
    found = Program(
        line, language, code,
        file=given.get("file") or PROGRAM_FILES[language],
        status=int(given.get("status", 0)),
        port=given.get("port", ""),
        only_written="runs below" in given,
        not_run=given.get("not run", ""))
    if language == "session":
        found.stdout = Output(line, code + END_OF_SESSION)
    return found


def typed(session):
    """What somebody typed in a session."""
    return "".join(line[PROMPT.match(line).end():] for line in session.splitlines(keepends=True) if PROMPT.match(line))


END_OF_SESSION = "> \n"


def without_echo(session):
    """What mprun writes in a session if nothing echoes what was typed: a line library does, and a terminal."""
    return "".join(PROMPT.match(line)[0] if PROMPT.match(line) else line
                   for line in session.splitlines(keepends=True)) + END_OF_SESSION


def output(line, text, comments):
    result = Output(line, text)
    for name, value in comments:
        if name not in OUTPUT_COMMENTS:
            raise PageError(f"line {line}: a comment '{name}' before an output")
        if name == "order":
            result.order, _, words = value.partition(", by ")
            result.words = words.split(" | ") if words else []
            if result.order not in ("any", "interleaved", "reports in any order"):
                raise PageError(f"line {line}: no order '{value}'")
        elif name == "before":
            pair = value.split(" | ")
            lines = text.splitlines()
            if len(pair) != 2 or any(lines.count(each) != 1 for each in pair):
                raise PageError(f"line {line}: '{value}' does not name two lines of the output")
            result.before.append(pair)
        elif name in ("either", "pids", "seconds"):
            parts = value.split(" | " if name == "either" else None)
            absent = [part for part in parts if part not in text]
            if absent and (name != "either" or absent == parts):
                raise PageError(f"line {line}: {absent[0]} is not in the output")
            setattr(result, name, parts)
    return result


def attach(to, out, stream):
    if getattr(to, stream):
        raise PageError(f"line {out.line}: the program of line {to.line} has its {stream} already")
    setattr(to, stream, out)


def without_code(text):
    """The page with its code blanked out, line by line."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            inside = not inside
            lines.append("")
        else:
            lines.append("" if inside else re.sub(r"`[^`]*`", "", line))
    return lines

#!/usr/bin/env python3
"""Reads CSV, Markdown, Code Quality and JSON lines reports as programs of others do.

    .ci/formats.py FOLDER     every report in it, by the ending of its name

Needs markdown-it-py."""

import csv
import json
import pathlib
import re
import sys
from html.parser import HTMLParser

from markdown_it import MarkdownIt

failed = []


def expect(what, holds):
    if not holds:
        print("FAIL " + what)
        failed.append(what)


def is_csv(name, path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    expect(f"{name}: has rows", len(rows) > 1)
    expect(f"{name}: rows are as wide as their head", all(len(row) == len(rows[0]) for row in rows))
    expect(f"{name}: no cell is a formula", not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row))
    return f"{len(rows)} rows of {len(rows[0])} cells"


class Page(HTMLParser):
    """Tags, and the text that is not code."""

    def __init__(self):
        super().__init__()
        self.tags, self.code, self.text, self.links = set(), 0, [], []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.code += tag == "code"
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_endtag(self, tag):
        self.code -= tag == "code"

    def handle_data(self, data):
        if not self.code:
            self.text.append(data)


# What plangate writes itself; anything else would be a plan's.
TAGS = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "strong", "code", "br", "details", "summary",
        "ul", "li", "pre", "em"}
# What GitHub, GitLab and Azure DevOps look for in text outside code: people, issues, addresses, emoji.
MENTION = re.compile(r"(?i)(?<!\w)@[a-z0-9]|https?://|\bwww\.[a-z]|(?<!\w)#\d|\bgh-\d|:[a-z]+:|[a-z0-9]@[a-z0-9]|(?<!\S)[!~%&$]\w")
LIMIT = 65_536


def is_markdown(name, path):
    text = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(MarkdownIt("commonmark").enable("table").render(text))
    prose = " ".join(page.text)
    expect(f"{name}: fits its limit", len(text.encode()) <= LIMIT)
    expect(f"{name}: has plangate's own elements alone, not {page.tags - TAGS}", page.tags <= TAGS)
    expect(f"{name}: links nothing", not page.links)
    mentions = [found.group() for found in MENTION.finditer(prose)]
    expect(f"{name}: mentions nothing: {mentions[:5]}", not mentions)
    # Quick actions stand at the start of a line as it is written.
    expect(f"{name}: orders nothing", not any(line.lstrip().startswith("/") for line in text.splitlines()))
    return f"{len(text.encode())} bytes, elements {' '.join(sorted(page.tags))}"


def is_code_quality(name, path):
    issues = json.loads(path.read_text(encoding="utf-8"))
    expect(f"{name}: is a list", isinstance(issues, list) and issues)
    for issue in issues:
        fits = (all(isinstance(issue.get(key), str) and issue[key] for key in ("description", "check_name", "fingerprint"))
                and issue.get("severity") in ("info", "minor", "major", "critical", "blocker")
                and isinstance(issue["location"]["lines"]["begin"], int)
                and not issue["location"]["path"].startswith(("/", "./")) and ".." not in issue["location"]["path"].split("/"))
        expect(f"{name}: {issue}", fits)
    expect(f"{name}: fingerprints are unique", len({issue["fingerprint"] for issue in issues}) == len(issues))
    return f"{len(issues)} issues"


def is_json_lines(name, path):
    lines = path.read_text(encoding="utf-8").split("\n")
    expect(f"{name}: ends with a line feed", lines.pop() == "")
    objects = [json.loads(line) for line in lines]
    expect(f"{name}: the last is the summary", objects[-1].get("type") == "summary")
    return f"{len(objects)} lines"


READERS = {".csv": is_csv, ".markdown": is_markdown, ".gitlab": is_code_quality, ".jsonl": is_json_lines}


def main():
    read = 0
    for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        if reader := READERS.get(path.suffix):
            print(f"{path.name}: {reader(path.name, path)}")
            read += 1
    expect("reports of every kind were read", read >= 2 * len(READERS))
    return 1 if failed else 0


sys.exit(main())

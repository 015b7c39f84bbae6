#!/usr/bin/env python3
"""Draws what a program prints with ANSI styles as SVG.

    plangate check PLAN --color always | docs/images/terminal.py 'plangate check PLAN' > docs/images/human.svg

Knows bold, dim and the eight colours, which is what plangate prints."""

import re
import sys
import unicodedata
from xml.sax.saxutils import escape

WIDTH, HEIGHT, MARGIN = 8.0, 19, 18
COLOURS = {31: "#ff8f86", 32: "#86d6a3", 33: "#f0c069", 34: "#8ab8f5", 35: "#d7a6ee", 36: "#7fd3d8"}


def spans(line):
    """Pieces of a line with the same style: text, codes in force."""
    codes = set()
    for at, piece in enumerate(re.split(r"\x1b\[([0-9;]*)m", line)):
        if at % 2 == 0:
            if piece:
                yield piece, frozenset(codes)
        elif piece in ("", "0"):
            codes.clear()
        else:
            codes.update(int(code) for code in piece.split(";"))


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def main():
    lines = ["\x1b[2m$\x1b[0m " + sys.argv[1]] + sys.stdin.read().rstrip("\n").split("\n")
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    width = int(max(map(columns, plain)) * WIDTH + 2 * MARGIN)
    height = len(lines) * HEIGHT + 2 * MARGIN - 4
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
          'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="13.3">')
    print(f'<rect width="{width}" height="{height}" rx="10" fill="#161b22"/>')
    for number, line in enumerate(lines):
        at = 0
        for text, codes in spans(line):
            # Each piece is set at its column and to its width: fonts differ.
            style = f' fill="{next((COLOURS[code] for code in sorted(codes) if code in COLOURS), "#dfe5ec")}"'
            style += ' font-weight="700"' if 1 in codes else ""
            style += ' opacity=".62"' if 2 in codes else ""
            stripped = text.lstrip(" ")
            x = MARGIN + (at + len(text) - len(stripped)) * WIDTH
            if stripped.strip():
                # Viewers would draw several spaces as one.
                shown = escape(stripped.rstrip()).replace(" ", "\u00a0")
                length = columns(stripped.rstrip()) * WIDTH
                print(f'<text x="{x:g}" y="{MARGIN + 11 + number * HEIGHT}" textLength="{length:g}" '
                      f'lengthAdjust="spacingAndGlyphs"{style}>{shown}</text>')
            at += columns(text)
    print("</svg>")


main()

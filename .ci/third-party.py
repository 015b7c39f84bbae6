#!/usr/bin/env python3
"""Prints the licences of what is linked into the program for a target: what their terms want beside a binary.

    .ci/third-party.py TARGET

Fails where a package has neither the text of a licence nor one of the licences whose text another package has."""

import json
import pathlib
import re
import subprocess
import sys

LICENCE = re.compile(r"(?i)^(licen[cs]e|copying|notice|copyright|unlicense)")


def linked(target):
    """The packages that end up in the program: no build scripts' own, no macros, no tests'."""
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    seen, todo = set(), [root]
    while todo:
        for dependency in nodes[todo.pop()]["deps"]:
            other = dependency["pkg"]
            normal = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            macro = any("proc-macro" in kind["kind"] for kind in packages[other]["targets"])
            if normal and not macro and other not in seen:
                seen.add(other)
                todo.append(other)
    return sorted((packages[one] for one in seen), key=lambda package: (package["name"], package["version"]))


def texts(package):
    folder = pathlib.Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and LICENCE.match(path.name)]
    return [(path.name, path.read_text(encoding="utf-8", errors="replace").strip()) for path in files]


def main():
    packages = linked(sys.argv[1])
    by_text, without = {}, []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        found = texts(package)
        if not found:
            without.append((name, package.get("license"), package.get("repository"), ", ".join(package["authors"])))
        for _, text in found:
            by_text.setdefault(text, []).append(name)
    print("plangate contains the packages below, the Rust standard library (MIT or Apache-2.0, The Rust Project")
    print("Developers) and, where it is built for musl, musl libc (MIT, Rich Felker and others).\n")
    for package in packages:
        print(f"{package['name']} {package['version']}: {package.get('license') or 'see its text'}")
    if without:
        print("\nThese come without the text of their licence; it is that of others below:\n")
        for name, licence, repository, authors in without:
            if not licence or not re.search(r"\b(MIT|Apache-2\.0)\b", licence):
                sys.exit(f"{name} ({licence}): no text of its licence")
            print(f"{name}: {licence}; {repository or ''} {authors}".rstrip())
    for text, names in by_text.items():
        print("\n" + "=" * 100 + "\n" + ", ".join(names) + "\n" + "-" * 100 + "\n\n" + text)


main()

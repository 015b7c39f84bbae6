#!/usr/bin/env python3
"""Packs a built program for a release: the archive, and its checksum beside it. The same input gives the same bytes.

    .ci/archive.py TARGET [FOLDER]     default: target/dist

Wants `cargo build --release --target TARGET` before, on a machine that can run what was built. Prints the archive's path."""

import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# As package managers want them to be called.
COMPLETIONS = {"bash": "plangate.bash", "zsh": "_plangate", "fish": "plangate.fish", "powershell": "_plangate.ps1"}
BESIDE = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout


def contents(target, program):
    """Name, bytes and mode of each file."""
    yield program.name, program.read_bytes(), 0o755
    for name in BESIDE:
        yield name, (ROOT / name).read_bytes(), 0o644
    yield "THIRD-PARTY.txt", output(sys.executable, ".ci/third-party.py", target), 0o644
    yield "man/plangate.1", output(program, "man"), 0o644
    for shell, name in COMPLETIONS.items():
        yield f"completions/{name}", output(program, "completions", shell), 0o644


def tar_gz(folder, files):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data, mode in files:
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), mtime=0)


def zipped(folder, files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in files:
            entry = zipfile.ZipInfo(f"{folder}/{name}")
            entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


def main():
    target = sys.argv[1]
    dist = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "target" / "dist")
    windows = "windows" in target
    program = ROOT / "target" / target / "release" / ("plangate.exe" if windows else "plangate")
    version = output(program, "--version").decode().split()[1]
    folder = f"plangate-v{version}-{target}"
    pack, ending = (zipped, ".zip") if windows else (tar_gz, ".tar.gz")
    data = pack(folder, list(contents(target, program)))
    dist.mkdir(parents=True, exist_ok=True)
    archive = dist / (folder + ending)
    archive.write_bytes(data)
    # In binary, or Windows would write line ends that `sha256sum -c` takes for part of the name.
    (dist / (archive.name + ".sha256")).write_bytes(f"{hashlib.sha256(data).hexdigest()}  {archive.name}\n".encode())
    print(archive)


main()

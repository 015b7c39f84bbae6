#!/usr/bin/env python3
"""Seeds of the fuzz target `saved_plan`: the saved plans of the fixtures, as they are and as the parts it packs itself."""

import pathlib
import struct
import sys
import zipfile

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
for plan in sorted(pathlib.Path(__file__).parent.parent.glob("fixtures/*/*/tfplan")):
    if not zipfile.is_zipfile(plan):
        continue  # encrypted
    name = plan.parent.name
    (out / name).write_bytes(plan.read_bytes())
    with zipfile.ZipFile(plan) as archive:
        parts = [archive.read("tfplan"), archive.read("tfstate"), b""]
        source, notation = b"", 0
        for entry in archive.namelist():
            if entry.startswith("tfconfig/m-/"):
                source, notation = archive.read(entry), int(entry.endswith(".json"))
    if all(len(part) < 1 << 16 for part in parts):
        head = struct.pack("<HHH", *(len(part) for part in parts))
        (out / f"{name}-parts").write_bytes(head + b"".join(parts) + bytes([notation]) + source)

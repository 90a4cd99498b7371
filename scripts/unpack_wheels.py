"""Unpacks the C and C++ parts of the openvino and pyarrow wheels.

usage: unpack_wheels.py WHEELS_DIR DEST

DEST/include gets the headers (openvino/c, arrow, parquet), DEST/lib the shared libraries, each once under its versioned
name plus the unversioned link that a linker looks for (the pyarrow wheel has versioned names only).
"""

import os
import pathlib
import re
import sys
import zipfile

HEADERS = (
    ("openvino/include/openvino/", "openvino/"),
    ("pyarrow/include/", ""),
)
LIBRARIES = re.compile(
    r"(?:openvino/libs/(?:libopenvino(?:_c|_onnx_frontend|_ir_frontend|_intel_cpu_plugin|_intel_gpu_plugin|_auto_plugin|_hetero_plugin)?"
    r"|libtbb|libtbbmalloc|libtbbbind_2_5|libhwloc)|pyarrow/lib(?:arrow|parquet|arrow_compute|arrow_acero|arrow_dataset|arrow_s3))"
    r"(?:\.so[.0-9]*|[.0-9]*\.dylib)$"
)


def target_of(name: str) -> str | None:
    """Where a member of a wheel goes below DEST, or None if it is not needed."""
    for prefix, folder in HEADERS:
        if name.startswith(prefix) and name.endswith((".h", ".hpp", ".inc")) and "/python/" not in name:
            return "include/" + folder + name[len(prefix):]
    if LIBRARIES.fullmatch(name):
        return "lib/" + os.path.basename(name)
    if ".dist-info/" in name and re.search(r"(LICENSE|NOTICE|third-party)", name):
        return "licenses/" + name
    return None


def main(wheels: pathlib.Path, dest: pathlib.Path) -> None:
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                target = target_of(member.filename)
                if target is None or member.is_dir():
                    continue
                path = dest / target
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(member))
    for library in sorted((dest / "lib").iterdir()):
        plain = re.sub(r"(\.so)[.0-9]+$", r"\1", library.name)
        plain = re.sub(r"\.[0-9]+(\.dylib)$", r"\1", plain)
        link = dest / "lib" / plain
        if plain != library.name and not link.exists():
            link.symlink_to(library.name)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))

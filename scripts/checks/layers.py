"""Checks who imports whom: arrows point down only, and one Swift file faces each C module.

The table is written out rather than read from Package.swift, so that a new dependency has to be agreed twice.
"""

import re

from sources import ROOT, code_of, files, finish, name, text_of

SYSTEM = {"Darwin", "Dispatch", "Glibc", "Synchronization"}
FOUNDATION = {"Foundation", "FoundationEssentials"}
ALLOWED = {
    "PenstockCore": set(),
    "PenstockSamples": {"CPenstockJPEGEncode"},
    "PenstockPlan": {"PenstockCore"},
    "PenstockEngine": {"PenstockCore", "PenstockPlan"},
    "PenstockAdvisor": {"PenstockCore", "PenstockPlan"},
    "PenstockStages": {
        "PenstockCore", "PenstockPlan", "CPenstockImage", "CPenstockInference", "CPenstockArrow", "Crypto",
    },
    "Penstock": {"PenstockCore", "PenstockPlan", "PenstockEngine", "PenstockStages", "PenstockAdvisor"} | FOUNDATION,
    "PenstockLedger": {"PenstockCore", "GRDB"} | FOUNDATION,
    "PenstockCLI": {"Penstock", "PenstockAdvisor", "PenstockLedger", "PenstockSamples", "ArgumentParser", "Yams"} | FOUNDATION,
}
# The Swift files that may import a C module: one each. OpenVINO has two, models and what runs them. Arrow has one for its
# file systems, and its C Data Interface is plain structs that are filled in one file, read in another and handed to the
# writer and reader in a third; one file for all three would pass 400 lines.
FACES = {
    "CPenstockImage": {"Sources/PenstockStages/Decode/ImageDecoder.swift"},
    "CPenstockInference": {f"Sources/PenstockStages/Infer/OpenVINO{file}.swift" for file in ("Backend", "Request")},
    "CPenstockArrow": {f"Sources/PenstockStages/Tables/{file}.swift" for file in ("ArrowExport", "ArrowExport+Plain", "ArrowImport", "TableFile")}
    | {"Sources/PenstockStages/Files/ArrowFileStore.swift"},
    "CPenstockJPEGEncode": {"Sources/PenstockSamples/Files/JPEGEncoder.swift"},
}
IMPORT = re.compile(r"^\s*(?:@\w+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|func|protocol|var|let|typealias)\s+)?(\w+)")
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]')
# What a header of ours may include: the C standard library and its own neighbours.
STANDARD = {"stdbool.h", "stddef.h", "stdint.h"}


def swift_imports(problems: list[str]) -> int:
    count = 0
    for path in files("*.swift", under=("Sources",)):
        target = path.relative_to(ROOT).parts[1]
        if target not in ALLOWED:
            problems.append(f"{name(path)}: target {target} has no row in scripts/checks/layers.py")
            continue
        count += 1
        for number, line in enumerate(code_of(path).splitlines(), 1):
            module = (match := IMPORT.match(line)) and match.group(1)
            if module and module not in ALLOWED[target] | SYSTEM:
                problems.append(f"{name(path)}:{number}: {target} may not import {module}")
            if module in FACES and name(path) not in FACES[module]:
                problems.append(f"{name(path)}:{number}: only {', '.join(sorted(FACES[module]))} may import {module}")
    return count


def c_folders(problems: list[str]) -> None:
    for path in files("*.c", "*.h", "*.cpp", "*.hpp", "*.cc", "*.m", under=("Sources",)):
        target = path.relative_to(ROOT).parts[1]
        is_cpp = path.suffix in (".cpp", ".hpp", ".cc")
        if target not in FACES or (is_cpp and target != "CPenstockArrow"):
            problems.append(f"{name(path)}: C belongs into {', '.join(sorted(FACES))}, C++ into CPenstockArrow only")
        if path.parent.name != "include":
            continue
        own = STANDARD | {header.name for header in path.parent.glob("*.h")}
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if (match := INCLUDE.match(line)) and match.group(1) not in own:
                problems.append(f"{name(path)}:{number}: {match.group(1)} would reach Swift; keep it in the .c file")


found: list[str] = []
checked = swift_imports(found)
c_folders(found)
finish("layers", found, f"imports of {checked} Swift files point down, each C module has its one face")

"""Compiles every ```swift block of the documents and of the doc comments of Dataset, and runs those that are marked so.

usage: snippets.py [folder of built modules]      .build/debug when none is named

A comment before a block says what a reader does not see: `<!-- snippet: setup CODE -->` goes before it, `<!-- snippet: top -->`
makes it visible to the blocks that follow in the document, `<!-- snippet: run -->` runs it, `<!-- snippet: throws -->` runs it
and prints what it throws, `<!-- snippet: skip REASON -->` leaves it alone. A plain block behind it that is headed
`<!-- snippet: output -->` must be printed, line by line. Blocks run beside photos/ and Models/. Messages of the compiler name the document's own line.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from sources import ROOT, files
from swift_blocks import snippets_of

BUILT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".build/debug").resolve()
OUT, WORK = ROOT / ".build-snippets", ROOT / ".build-snippets/work"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "Sources/Penstock/Penstock.docc").rglob("*.md")])
COMMENTED = [*files("*.swift", under=("Sources/Penstock/Dataset",)), *files("Dataset*.swift", under=("Sources/PenstockPlan/Logical",))]
# What blocks in doc comments may speak of without making it.
PRELUDE = """
let dataset = Dataset.range(1_000)
let texts = Dataset.readText(from: ["book.txt"])
let predictions = Dataset.readImages(from: ["photos/"]).predict(with: .classifier("Models/shapes10.onnx"))
"""
# Parts of the command line tool that a program of a user's does not have.
OTHERS = re.compile(r"/(PenstockCLI|ArgumentParser|ArgumentParserToolInfo|PenstockSamples|CPenstockJPEGEncode)\.build/")

# Numbers of tasks differ from run to run.
TASK = re.compile(r"\(task \d+")


def run(*command: str | pathlib.Path, at: pathlib.Path = ROOT) -> str:
    """What the command prints; ends the process where it fails."""
    done = subprocess.run(command, cwd=at, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nsnippets: this went wrong: {command[0]}; the lines above say where")
    return done.stdout


def compile_all(to: pathlib.Path) -> None:
    maps = [word for path in sorted(BUILT.glob("*.build/module.modulemap")) for word in ("-Xcc", f"-fmodule-map-file={path}")]
    linked = (BUILT / "penstock.product/Objects.LinkFileList").read_text(encoding="utf-8").splitlines()
    (OUT / "objects").write_text("\n".join(line for line in linked if not OTHERS.search(line)), encoding="utf-8")
    libraries = [f"-l{library}" for library in "arrow parquet jpeg png webp webpdemux gif tiff dl stdc++".split()]
    folder = os.path.realpath(ROOT / ".deps") + "/lib"
    run("swiftc", "-swift-version", "6", "-suppress-warnings", "-I", BUILT / "Modules", *maps, "-module-name", "Snippets", "-L", folder,
        "-Xlinker", "-rpath", "-Xlinker", folder, *libraries, f"@{OUT}/objects", *sorted(OUT.glob("*.swift")), "-o", to)


shutil.rmtree(OUT, ignore_errors=True)
WORK.mkdir(parents=True)
found = [(number, snippet) for number, path in enumerate(DOCUMENTS + COMMENTED) for snippet in snippets_of(path)]
checked = [(number, snippet) for number, snippet in found if "skip" not in snippet.kinds]
running = [(number, snippet) for number, snippet in checked if snippet.is_run]
for number in {number for number, _ in checked}:
    swift = "".join(snippet.swift() for document, snippet in checked if document == number)
    (OUT / f"Document{number}.swift").write_text(f"import Penstock\nenum Document{number} {{\n{swift}}}\n", encoding="utf-8")
calls = "".join(f'print("\\n@{snippet.place}:{snippet.line}"); try await Document{number}.line{snippet.line}()\n' for number, snippet in running)
main = f"import Penstock\n{PRELUDE}@main struct Main {{ static func main() async throws {{\n{calls}}} }}\n"
(OUT / "Snippets.swift").write_text(main, encoding="utf-8")
compile_all(OUT / "snippets")
run(BUILT / "penstock", "samples", WORK / "samples", "--count", "24")
(WORK / "photos").symlink_to("samples/images"), (WORK / "Models").symlink_to(ROOT / "Models")
printed = run(OUT / "snippets", at=WORK)
for _, snippet in running:
    lines = TASK.sub("(task", printed).split(f"\n@{snippet.place}:{snippet.line}\n")[1].split("\n@")[0].splitlines()
    if missing := [line for line in snippet.output if line.strip() and TASK.sub("(task", line) not in lines]:
        sys.exit("\n".join([*lines, f"{snippet.place}:{snippet.line}: the block does not print: {missing[0]}"]))
print(f"snippets: {len(checked)} blocks compile, {len(running)} of them run, {len(found) - len(checked)} are left alone")

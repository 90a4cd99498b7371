"""Checks that the documents speak of things that exist: links, paths, Swift files, and functions in docs/READING.md."""

import re

from sources import ROOT, code_of, files, finish, name, text_of

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:Sources|Tests|scripts|docs|Models)/[\w+./-]+")
SWIFT_FILE = re.compile(r"[\w+]+\.swift")
CALL = re.compile(r"(\w+)\([\w:]*\)")

problems: list[str] = []
documents = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
swift = files("*.swift")
known_files = {path.name for path in swift} | {"Package.swift"}
known_functions = set(re.findall(r"\b(?:func|case)\s+(\w+)|\b(init)\b", "\n".join(code_of(path) for path in swift)))
known_functions = {word for pair in known_functions for word in pair}
for document in documents:
    for number, line in enumerate(text_of(document).splitlines(), 1):
        missing = [f"link to {link}" for link in LINK.findall(line) if "://" not in link and not (document.parent / link).exists()]
        for code in CODE.findall(line):
            missing += [path for path in PATH.findall(code) if not (ROOT / path).exists()]
            missing += [file for file in SWIFT_FILE.findall(code) if file not in known_files]
            if document.name == "READING.md":
                missing += [f"{call}()" for call in CALL.findall(code) if call not in known_functions]
        problems += [f"{name(document)}:{number}: there is no {thing}" for thing in missing]

finish("docs", problems, f"{len(documents)} documents name only what exists")

"""Finds the ```swift blocks of documents and doc comments, and makes Swift of them that the compiler can check."""

import dataclasses
import pathlib
import re
import sys

from sources import name, text_of

BLOCK = re.compile(r"((?:<!-- snippet: (?:(?!-->).)*-->\s*)*)^([ ]*)```swift\n(.*?)^[ ]*```\n", re.DOTALL | re.MULTILINE)
DIRECTIVE = re.compile(r"<!-- snippet: (\w+)\s*(.*?)\s*-->", re.DOTALL)
PRINTED = re.compile(r"\s*<!-- snippet: output -->\s*```\n(.*?)```", re.DOTALL)
COMMENT = re.compile(r"\s*/// ?(.*)")


@dataclasses.dataclass
class Snippet:
    """One block: its place, what was said of it, and the code."""

    place: str
    line: int
    kinds: set[str]
    setup: str
    code: str
    # What it must print when it runs.
    output: list[str]

    def swift(self) -> str:
        """The block with its line numbers, as a function unless it is to be seen by the blocks that follow."""
        code = re.sub(r"(?m)^\s*import Penstock$", "", self.code)
        located = f'#sourceLocation(file: "{self.place}", line: {self.line})\n{code}#sourceLocation()\n'
        if "top" in self.kinds:
            return located
        body = f"do {{\n{located}}} catch {{ print(error) }}\n" if "throws" in self.kinds else located
        return f"static func line{self.line}() async throws {{\n{self.setup}\n{body}}}\n"

    @property
    def is_run(self) -> bool:
        return bool(self.kinds & {"run", "throws"})


def text_to_read(path: pathlib.Path) -> str:
    """The document; of Swift the doc comments alone, every line where it was."""
    if path.suffix == ".md":
        return text_of(path)
    return "\n".join(match.group(1) if (match := COMMENT.match(line)) else "" for line in text_of(path).splitlines())


def snippets_of(path: pathlib.Path) -> list[Snippet]:
    """The blocks of a file, in order."""
    text, found = text_to_read(path), []
    for match in BLOCK.finditer(text):
        said = DIRECTIVE.findall(match.group(1))
        line = text.count("\n", 0, match.start(3)) + 1
        kinds = {kind for kind, _ in said}
        if unknown := kinds - {"setup", "top", "run", "throws", "skip"}:
            sys.exit(f"{name(path)}:{line}: there is no directive {unknown.pop()}")
        printed = PRINTED.match(text, match.end())
        setup = "\n".join(code for kind, code in said if kind == "setup")
        output = printed.group(1).splitlines() if printed else []
        found.append(Snippet(name(path), line, kinds, setup, match.group(3), output))
    return found

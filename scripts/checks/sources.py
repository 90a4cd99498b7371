"""What the checks share: the project's source files, and Swift code without comments and literal text."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|#*"""|#*"|[()]', re.DOTALL)
C_TEXT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.DOTALL)


def files(*patterns: str, under: tuple[str, ...] = ("Sources", "Tests")) -> list[pathlib.Path]:
    """Files such as files("*.swift"), sorted."""
    return sorted({path for top in under for pattern in patterns for path in (ROOT / top).rglob(pattern)})


def name(path: pathlib.Path) -> str:
    """The path as people write it: from the project's root."""
    return path.relative_to(ROOT).as_posix()


def text_of(path: pathlib.Path) -> str:
    """The file's text."""
    return path.read_text(encoding="utf-8")


def code_of(path: pathlib.Path) -> str:
    """The file's code: comments and the text of literals blanked out, line numbers kept."""
    text = text_of(path)
    if path.suffix == ".swift":
        return swift_code(text)
    return C_TEXT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def swift_code(text: str) -> str:
    """Swift with comments and the text of string literals blanked out; line numbers and code inside `\\(…)` stay."""
    out = list(text)

    def blank(start: int, end: int) -> None:
        out[start:end] = [c if c == "\n" else " " for c in out[start:end]]

    def code(position: int, is_interpolation: bool) -> int:
        depth = 0
        while token := CODE_TOKEN.search(text, position):
            position, word = token.end(), token.group()
            if word == "(":
                depth += 1
            elif word == ")":
                depth -= 1
                if is_interpolation and depth < 0:
                    return position
            elif word.startswith("/"):
                blank(token.start(), position)
            else:
                position = literal(token.start(), position, word)
        return len(text)

    def literal(start: int, position: int, opening: str) -> int:
        hashes = "#" * opening.count("#")
        tokens = re.compile(rf"\\{hashes}(.)|" + opening.lstrip("#") + hashes, re.DOTALL)
        while token := tokens.search(text, position):
            position = token.end()
            if token.group(1) == "(":
                blank(start, position - 1)
                start = position = code(position, True)
            elif token.group(1) is None:
                break
        blank(start, position)
        return position

    code(0, False)
    return "".join(out)


def finish(check: str, problems: list[str], good: str) -> None:
    """Prints what was found and ends the process."""
    for problem in problems:
        print(problem)
    print(f"{check}: {len(problems)} problems" if problems else f"{check}: {good}")
    sys.exit(1 if problems else 0)

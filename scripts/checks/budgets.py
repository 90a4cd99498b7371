"""Checks the budgets of the style guide (rule 4): lines of a file and of a function, files in a folder."""

import collections
import pathlib
import re
from collections.abc import Iterator

from sources import ROOT, code_of, files, finish, name, text_of

FILE_LINES, FUNCTION_LINES, FOLDER_FILES, SCRIPT_LINES, CONTRIBUTING_LINES = 400, 40, 15, 80, 60

# The last of these words at the beginning of a line, before a `{`, says what the brace opens.
SWIFT_OPENING = re.compile(
    r"^[ \t]*(?:(?:@\w+(?:\([^)]*\))?|[a-z]+(?:\([a-z]+\))?)[ \t]+)*?"
    r"(?:(?P<function>func\b|init[?!]?[ \t]*[(<]|deinit\b|subscript\b|var\b)|let\b|case\b|return\b|if\b|for\b|while\b|switch\b"
    r"|guard\b|class\b|struct\b|enum\b|extension\b|protocol\b|actor\b)",
    re.MULTILINE,
)
C_FUNCTION = re.compile(
    r"(?!(?:if|for|while|switch|else|do|catch|namespace|struct|enum|union|class)\b)[A-Za-z_~][^=]*\)(?:\s*(?:const|noexcept|override))*\s*$"
)


def swift_function(header: str) -> int | None:
    """Where in the text before a `{` a function begins; None when the brace opens something else."""
    openings = list(SWIFT_OPENING.finditer(header))
    return openings[-1].start() if openings and openings[-1].group("function") else None


def c_function(header: str) -> int | None:
    plain = re.sub(r"(?m)^\s*#.*$", lambda line: " " * len(line.group()), header)
    start = len(plain) - len(plain.lstrip())
    is_function = plain.count("(") == plain.count(")") > 0 and C_FUNCTION.match(plain, start)
    return start if is_function else None


def functions(path: pathlib.Path) -> Iterator[tuple[int, int]]:
    """First and last line of every function."""
    code, begin = code_of(path), swift_function if path.suffix == ".swift" else c_function
    header, opened = 0, []
    for mark in re.finditer(r"[{};]", code):
        if mark.group() == "{":
            at = begin(code[header:mark.start()])
            opened.append(None if at is None else header + at)
        elif mark.group() == "}" and opened and (at := opened.pop()) is not None:
            yield code.count("\n", 0, at) + 1, code.count("\n", 0, mark.start()) + 1
        header = mark.end()


problems: list[str] = []
code_files, folders, function_count = files("*.swift", "*.c", "*.cpp", "*.h"), collections.defaultdict(set), 0
for path in code_files:
    length = len(text_of(path).splitlines())
    if length > FILE_LINES:
        problems.append(f"{name(path)}: {length} lines; at most {FILE_LINES}")
    for first, last in functions(path):
        function_count += 1
        if last - first + 1 > FUNCTION_LINES:
            problems.append(f"{name(path)}:{first}: a function of {last - first + 1} lines; at most {FUNCTION_LINES}")
    # A C file and its header read as one entry of the table of contents.
    folders[path.parent].add(path.name if path.suffix == ".swift" else path.stem)
for folder, names in sorted(folders.items()):
    if len(names) > FOLDER_FILES:
        problems.append(f"{name(folder)}: {len(names)} files; at most {FOLDER_FILES}")

scripts = [path for suffix in ("sh", "py") for at in ("scripts", "scripts/checks") for path in (ROOT / at).glob(f"*.{suffix}")]
for path, limit in [(script, SCRIPT_LINES) for script in sorted(scripts)] + [(ROOT / "CONTRIBUTING.md", CONTRIBUTING_LINES)]:
    if (length := len(text_of(path).splitlines())) > limit:
        problems.append(f"{name(path)}: {length} lines; at most {limit}")

finish("budgets", problems, f"{len(code_files)} files, {function_count} functions, {len(folders)} folders, {len(scripts)} scripts")

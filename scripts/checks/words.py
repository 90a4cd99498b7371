"""Checks for words that the style guide forbids, and lists every `SAFETY` promise."""

import re

from sources import code_of, files, finish, name, text_of

SOURCES, ANYWHERE = re.compile(r"^Sources/"), re.compile("")
BELOW_CLI = re.compile(r"^Sources/(?!PenstockCLI/)")
LEVELS_1_TO_3 = re.compile(r"^Sources/Penstock(?:Core|Samples|Plan|Engine|Stages|Advisor)/")
# (rule of the style guide, where it holds, pattern in code without comments and literals, what is wrong and what to do)
RULES = [
    (3, ANYWHERE, r"\b(?:class|struct|enum|protocol|actor|typealias)\s+(?!ResourceManager\b)\w*"
        r"(?:Helpers?|Utils?|Base|Impl|Handler|Manager|V2|New)\b", "say what it does; such a name says nothing"),
    (10, BELOW_CLI, r"\bprocessInfo\s*\.\s*environment\b|\b(?:secure_)?getenv\s*\(|\benviron\b",
        "only PenstockCLI reads the environment"),
    (17, LEVELS_1_TO_3, r"\bTask(?:<[^>]*>)?(?:\s*\{|\s*\()|\bTask\s*\.\s*detached\b", "no unstructured task here"),
    (19, ANYWHERE, r"\b(?:u|nano)?sleep\s*\(|\bTask\s*\.\s*sleep\b", "nothing sleeps or polls: wait for an event"),
    (30, SOURCES, r"\btry\?", "`try?` loses the reason: handle the error or pass it on"),
    (30, SOURCES, r"\bcatch\b[^{\n]*\{\s*\}", "an empty catch: say in a comment why nothing is to be done"),
]
PROMISE = re.compile(r"@unchecked\s+Sendable|\bnonisolated\(unsafe\)|@preconcurrency\b|\bassumeIsolated\b")
DEBT = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


problems: list[str] = []
promises: list[str] = []
for path in files("*.swift", "*.c", "*.cpp", "*.h"):
    text, code, where = text_of(path), code_of(path), name(path)
    lines = text.splitlines()
    for rule, scope, pattern, advice in RULES:
        if not scope.search(where):
            continue
        for match in re.finditer(pattern, code):
            if "//" in text[match.start():match.end()]:
                continue  # a catch with a comment that says why nothing is done
            line = code.count("\n", 0, match.start()) + 1
            problems.append(f"{where}:{line}: {advice} (rule {rule})")
    for number, line in enumerate(code.splitlines(), 1):
        if PROMISE.search(line):
            beside = [near for near in lines[max(0, number - 3):number + 2] if "// SAFETY:" in near]
            if beside:
                promises.append(f"  {where}:{number} {beside[0].strip()[3:]}")
            else:
                problems.append(f"{where}:{number}: no `// SAFETY:` line within two lines (rule 11)")
    for number, line in enumerate(lines, 1):
        if DEBT.search(line) and not re.search(r"#\d+", line):
            problems.append(f"{where}:{number}: a TODO has an issue number, such as #12, or is deleted (rule 32)")

print(f"words: {len(promises)} promises that the compiler cannot check:", *promises, sep="\n")
finish("words", problems, "no forbidden word")

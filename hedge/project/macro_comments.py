"""Write macros/_macros.yml, which dbt's documentation and linters read, from the comments of the
macros.

make macros

The comment in front of a macro is the one place of these words. It has what the macro does, a
paragraph that begins with `Usage:` in the macro of the file's name, and a line for each argument,
`- name (type): what it is`, with one of dbt's types.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TARGET = Path("macros/_macros.yml")
_MACRO = re.compile(
    r"(?:\{#(?P<comment>(?:(?!#\}).)*)#\}\n)?"
    r"\{% (?P<kind>macro|materialization) (?P<name>\w+)"
    r"(?:\((?P<signature>.*?)\)|, adapter='(?P<adapter>\w+)') -?%\}",
    re.DOTALL,
)
#: The words of dbt's types of arguments, such as `optional[list[string]]`.
_TYPES = {
    "any",
    "bool",
    "column",
    "dict",
    "float",
    "integer",
    "list",
    "optional",
    "relation",
    "string",
}
_ARGUMENT = re.compile(r"- (\w+) \((.+?)\): (.*)")


@dataclass
class Macro:
    """A macro with its comment: paragraphs without its usage, and its arguments, each with its
    name, type and description."""

    name: str
    file: Path
    signature: list[str]
    description: list[str] = field(default_factory=list)
    arguments: list[list[str]] = field(default_factory=list)

    def read(self, comment: str) -> None:
        """Take over what a comment says."""
        after = ""
        for line in comment.strip().splitlines():
            words = line.strip()
            argument = _ARGUMENT.fullmatch(words)
            if argument and argument[1] in self.signature:
                self.arguments.append(list(argument.groups()))
                after = "argument"
            elif words.startswith("Usage:"):
                after = "usage"
            elif after == "argument" and line.startswith(" " * 5):
                self.arguments[-1][2] += f" {words}"
            # more lines of the usage are indented deeper than sentences
            elif after != "usage" or not line.startswith(" " * 7):
                after = "sentence"
                self.description.append(words)
        paragraphs = re.split(r"\n{2,}", "\n".join(self.description).strip())
        self.description = "\n\n".join(paragraphs).splitlines()

    def faults(self) -> list[str]:
        """What its comment lacks, as sentences."""
        described = [name for name, _, _ in self.arguments]
        found = []
        if not self.description:
            found.append(f"{self.file}: no comment before {self.name} says what it does")
        if described != self.signature:
            found.append(
                f"{self.file}: the comment of {self.name} describes the arguments {described}, "
                f"and the macro has {self.signature}"
            )
        for name, type_, _ in self.arguments:
            if not set(re.findall(r"\w+", type_)) <= _TYPES:
                found.append(f"{self.file}: {type_} of the argument {name} is no type of dbt")
        return found

    def lines(self) -> Iterator[str]:
        """The lines of its YAML."""
        yield f"  - name: {self.name}"
        yield "    description: |-"
        yield from (f"      {line}".rstrip() for line in self.description)
        if self.arguments:
            yield "    arguments:"
        for name, type_, words in self.arguments:
            yield f"      - name: {name}"
            yield f"        type: {type_}"
            yield f"        description: {json.dumps(words[:1].upper() + words[1:])}"


def macros(project: Path) -> list[Macro]:
    """The macros of a project in the order of their files."""
    found = []
    for file in sorted(project.glob("macros/**/*.sql")):
        for match in _MACRO.finditer(file.read_text()):
            name, kind = match["name"], match["kind"]
            if kind == "materialization":
                name = f"materialization_{name}_{match['adapter']}"
            signature = re.sub(r"\[.*?\]", "", match["signature"] or "")
            arguments = [one.split("=")[0].strip() for one in signature.split(",") if one.strip()]
            macro = Macro(name, file.relative_to(project), arguments)
            macro.read(match["comment"] or "")
            found.append(macro)
    return found


def text(project: Path) -> str:
    """The text of macros/_macros.yml."""
    head = "# Written by make macros from the comments in front of the macros."
    lines = [line for macro in macros(project) for line in macro.lines()]
    return "\n".join([head, "version: 2", "", "macros:", *lines]) + "\n"


def main() -> None:
    """Write the file into the project in this folder, or end with what the comments lack."""
    faults = [fault for macro in macros(Path()) for fault in macro.faults()]
    if faults:
        sys.exit("\n".join(faults))
    TARGET.write_text(text(Path()))


if __name__ == "__main__":
    main()

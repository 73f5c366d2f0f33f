"""dbt's errors as one readable paragraph: the file, the line, the cause and the wrong text."""

import re
from pathlib import Path
from typing import Any

#: The first line of a message of dbt: the kind of error, the node and its file.
_HEAD = re.compile(r"^\s*(?:\w+ Error) in \w+ (?P<name>\S+) \((?P<file>[^)]+)\)\s*$")
#: The line in which PostgreSQL quotes the statement.
_QUOTED = re.compile(r"^\s*LINE \d+: (?P<text>.*)$")
#: Lines that are not part of the message: dbt's trail of macros, its file names, rulers.
_NOISE = re.compile(r"^\s*(> |compiled code at|\^\s*$|\|?\s*-+\s*\|)")
#: A row of the table in which dbt says how a model and its contract differ.
_MISMATCH = re.compile(
    r"^\s*\|\s*(?P<column>\w+)\s*\|\s*(?P<has>[^|]*?)\s*\|\s*(?P<wants>[^|]*?)\s*\|"
    r"\s*(?P<reason>missing in \w+|data type mismatch)\s*\|"
)


def paragraph(result: Any, project: Path) -> str:
    """Why dbt failed, from its result for a project."""
    if result.exception is not None:
        return readable(str(result.exception), project) or type(result.exception).__name__
    failed = [
        node
        for node in result.result or ()
        if str(node.status) in ("error", "fail", "runtime error")
    ]
    if not failed:
        return "dbt gave no reason"
    # Tests are passed side by side, in any order.
    same = [node for node in failed if node.node.resource_type == failed[0].node.resource_type]
    is_test = failed[0].node.resource_type in ("unit_test", "test")
    node = min(same, key=lambda node: node.node.name) if is_test else failed[0]
    message = node.message or ""
    if node.node.resource_type == "unit_test" and str(node.status) == "error":
        return _error_in_unit_test(message, node.node, project)
    return f"{_test(node.node)}{readable(message, project) or node.node.name}"


def _test(node: Any) -> str:
    """What precedes the cause where a test failed: its file and its name."""
    if node.resource_type == "unit_test":
        return f"{node.original_file_path}: the unit test {node.name} fails: "
    if node.resource_type == "test":
        return f"{node.original_file_path}: the data test {node.name} fails: "
    return ""


def _error_in_unit_test(message: str, node: Any, project: Path) -> str:
    """A model that PostgreSQL refuses is met first by its unit tests: the file and the line are
    those of the model."""
    model = node.model
    files = [file.relative_to(project) for file in project.glob(f"models/**/{model}.sql")]
    _, is_database_error, cause = message.partition("Database Error\n")
    if not is_database_error or len(files) != 1:
        return f"{_test(node)}{readable(message, project) or node.name}"
    head = f"Database Error in model {model} ({files[0]})\n"
    return f"{readable(head + cause, project)} (in the unit test {node.name})"


def readable(message: str, project: Path) -> str:
    """dbt's message as `file:line: cause`, as far as it names them, without the trail of macros
    and the names of dbt's own files."""
    file, text, kept, mismatches = None, None, [], []
    for line in message.splitlines():
        if file is None and (head := _HEAD.match(line)):
            file = head["file"]
        elif quoted := _QUOTED.match(line):
            text = quoted["text"].strip().removeprefix("...").removesuffix("...").strip()
        elif mismatch := _MISMATCH.match(line):
            mismatches.append(mismatch)
        elif line.strip() and not _NOISE.match(line):
            kept.append(line.strip())
    if file is None:
        return " ".join(kept)
    if mismatches:
        contract = Path(file).with_suffix(".yml")
        cause = "; ".join(_mismatch(found, str(contract)) for found in mismatches)
    else:
        cause = " ".join(kept) + (f" At: {text}" if text else "")
    number = _line_number(project / file, text, message)
    return f"{file}:{number}: {cause}" if number else f"{file}: {cause}"


def _mismatch(found: re.Match[str], contract: str) -> str:
    """One difference between a model and its contract, and what to do about it."""
    column = found["column"]
    if found["reason"] == "missing in contract":
        return (
            f"the SQL has a column {column} ({found['has']}) that the contract in {contract} "
            "lacks: add it there with data_type and description, or take it out of the SQL"
        )
    if found["reason"] == "missing in definition":
        return (
            f"the contract in {contract} has a column {column} that the SQL lacks: "
            "select it, or take it out of the contract"
        )
    return (
        f"column {column} is {found['has']} in the SQL and {found['wants']} in the contract in "
        f"{contract}: cast it in the last select, or change its data_type"
    )


def _line_number(file: Path, text: str | None, message: str) -> int | None:
    """The line of the project's file that is wrong; None where it is not known.

    PostgreSQL counts lines of the compiled statement, so its line is found by its text.
    """
    if named := re.search(r"^\s*line (\d+)\s*$", message, re.MULTILINE):
        return int(named[1])
    if not text or not file.is_file():
        return None
    numbers = [
        number for number, line in enumerate(file.read_text().splitlines(), start=1) if text in line
    ]
    return numbers[0] if len(numbers) == 1 else None

"""dbt's errors as one readable paragraph: the file, the line, the cause and the wrong text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hedge.dbt_runner import NodeResult, Result
from hedge.project import files
from hedge.suggestions import did_you_mean

#: The first line of a message of dbt: the kind of error, the node and its file.
_HEAD = re.compile(r"^\s*(?:\w+ Error) in \w+ (?P<name>\S+) \((?P<file>[^)]+)\)\s*$")
#: The line in which PostgreSQL quotes the statement.
_QUOTED = re.compile(r"^\s*LINE \d+: (?P<text>.*)$")
#: Lines that are not part of the message: the kind of error, dbt's trail of macros, its file
#: names, rulers.
_NOISE = re.compile(
    r"^\s*((Compilation|Parsing|Runtime|Internal|Database) Error\s*$"
    r"|> |compiled code at|\^\s*$|\|?\s*-+\s*\|)"
)
#: The lines with which PostgreSQL goes on behind its sentence.
_FIELD = re.compile(r"^\s*(?P<field>DETAIL|HINT|CONTEXT):\s*(?P<text>.*)$")
#: A function in a context, which has the whole text of a statement, too. Blocks of Hedge's own
#: materializations have no name that a person could look for.
_FUNCTION = re.compile(
    r"(?:PL/pgSQL|SQL) function (?!inline_code_block)(?P<name>.+?) (?:line|statement) \d+"
)
#: The longest detail: it can be a whole row.
_LONGEST = 200
#: What dbt calls a hook that fails.
_HOOK = re.compile(r"^hedge\.(?P<hook>on-run-(?:start|end))\.\d+ failed, error:\s*")
#: A row of the table in which dbt says how a model and its contract differ.
_MISMATCH = re.compile(
    r"^\s*\|\s*(?P<column>\w+)\s*\|\s*(?P<has>[^|]*?)\s*\|\s*(?P<wants>[^|]*?)\s*\|"
    r"\s*(?P<reason>missing in \w+|data type mismatch)\s*\|"
)
#: Files of a project, which messages about more than one node name somewhere in their text.
_FILE = re.compile(r"(?:models|macros|seeds|tests)/[\w/.-]+\.\w+|\bdbt_project\.yml\b")
#: What dbt writes instead of the name of a YAML file, and in front of Python's objects.
_FILE_PATH = re.compile(
    r"FilePath\(searched_path='(?P<folder>[^']*)', relative_path='(?P<path>[^']*)'[^)]*\)"
)
_ENTRY = re.compile(r" @ (?P<kind>\w+): \{.*?'name': '(?P<name>[^']*)'.*\} - at path ", re.DOTALL)
_MACRO = re.compile(r"dbt_macro__(\w+)")
#: dbt's advice concerns packages, which a project of Hedge does not have. The macro of a generic
#: test is its name with a prefix.
_UNDEFINED = re.compile(
    r"'(?:test_)?(\w+)' is undefined(?:\. This can happen [^\n]*\n?.*deps\"\.)?"
)
#: Names that do not exist, by what they are names of.
_UNKNOWN = (
    ("model", re.compile(r"depends on a node named '(?P<name>[^']+)' which was not found")),
    ("model", re.compile(r"Unable to find model '(?:\w+\.)?(?P<name>[^']+)'")),
    ("source", re.compile(r"a source named '(?P<name>[^']+)' which was not found")),
    ("macro", re.compile(r"'(?P<name>\w+)' is undefined")),
    ("macro", re.compile(r"macro named '(?:test_)?(?P<name>\w+)'")),
)
#: What the model of a unit test reads and the unit test does not give it. dbt looks for it only
#: among what is given.
_NOT_GIVEN = re.compile(
    r"Unit_Test '[^']*' \([^)]*\) depends on a (?P<kind>node|source) named '(?P<name>[^']+)'"
)
#: What a message quotes: names, a template, the value that was no mapping.
_NAMES = re.compile(
    r"'(?P<name>[\w. -]+)'|Unit test (?P<test>\w+)|(?P<template>{{.*?}})"
    r"|expected dict, got (?P<value>.+)$",
    re.MULTILINE,
)
_DEFINED = re.compile(r"{%-?\s*(?:macro|test|data_test)\s+(\w+)")


def paragraph(result: Result, project: Path) -> str:
    """Why dbt failed, from its result for a project."""
    if result.error is not None:
        return readable(result.error, project) or "dbt gave no reason"
    failed = [node for node in result.nodes if node.has_failed]
    if not failed:
        return "dbt gave no reason"
    # Tests are passed side by side, in any order.
    same = [node for node in failed if node.resource_type == failed[0].resource_type]
    is_test = failed[0].resource_type in ("unit_test", "test")
    node = min(same, key=lambda node: node.name) if is_test else failed[0]
    if node.resource_type == "unit_test" and node.status == "error":
        return _error_in_unit_test(node.message, node, project)
    cause = readable(node.message, project) or node.name
    # An error in a test, which is not that the test fails, may name file and line itself.
    is_error = node.resource_type == "test" and node.status == "error"
    if is_error and cause.startswith(f"{node.file}:"):
        return cause
    return f"{_test(node)}{cause}"


def _test(node: NodeResult) -> str:
    """What precedes the cause where a test failed: its file and its name."""
    if node.resource_type == "unit_test":
        return f"{node.file}: the unit test {node.name} fails: "
    if node.resource_type == "test":
        return f"{node.file}: the data test {node.name} fails: "
    return ""


def _error_in_unit_test(message: str, node: NodeResult, project: Path) -> str:
    """A model that PostgreSQL refuses is met first by its unit tests: the file and the line are
    those of the model. An input that the unit test lacks is named as its YAML would name it."""
    model = node.model
    if lacking := _NOT_GIVEN.search(message):
        number = _only_line(project / node.file, node.name)
        place = f"{node.file}:{number}" if number else node.file
        return (
            f"{place}: the unit test {node.name} cannot be run: its `given` lacks an input for "
            f"{_input(lacking['kind'], lacking['name'])}, which {model} reads"
        )
    files = [file.relative_to(project) for file in project.glob(f"models/**/{model}.sql")]
    _, is_database_error, cause = message.partition("Database Error\n")
    if not is_database_error or len(files) != 1:
        return f"{_test(node)}{readable(message, project) or node.name}"
    head = f"Database Error in model {model} ({files[0]})\n"
    return f"{readable(head + cause, project)} (in the unit test {node.name})"


def _input(kind: str, name: str) -> str:
    """A model, seed or source as YAML names it as an input of a unit test."""
    if kind == "source":
        schema, _, table = name.partition(".")
        return f"source('{schema}', '{table}')"
    return f"ref('{name}')"


def readable(message: str, project: Path) -> str:
    """dbt's message as `file:line: cause`, as far as it names them, without the trail of macros
    and the names of dbt's own files, and without the statement that PostgreSQL refused."""
    message = _MACRO.sub(r"\1", message).replace(f"{project}/", "")
    message = _HOOK.sub(r"in the hook \g<hook>: ", message)
    message = _UNDEFINED.sub(r"'\1' is undefined: no macro or variable has this name", message)
    file, text, mismatches = None, None, []
    kept: list[str] = []
    fields: dict[str, list[str]] = {}
    within = kept
    for line in message.splitlines():
        if file is None and (head := _HEAD.match(line)):
            file = head["file"].removeprefix("./")
        elif quoted := _QUOTED.match(line):
            text = quoted["text"].strip().removeprefix("...").removesuffix("...").strip()
        elif mismatch := _MISMATCH.match(line):
            mismatches.append(mismatch)
        elif field := _FIELD.match(line):
            within = fields.setdefault(field["field"], [])
            within.append(field["text"].strip())
        elif line.strip() and not _NOISE.match(line):
            within.append(line.strip())
    cause = " ".join(kept) + _further(fields)
    if file is None:
        return _placed(cause, message, project)
    if mismatches:
        contract = Path(file).with_suffix(".yml")
        cause = "; ".join(_mismatch(found, str(contract)) for found in mismatches)
    elif text:
        cause += f" At: {text}"
    else:
        cause += _suggestion(message, project)
    number = _line_number(project / file, text, message)
    if text and not number and (place := _written_from(project / file, cause, project)):
        return f"{place}: {cause} (in the model {Path(file).stem})"
    return f"{file}:{number}: {cause}" if number else f"{file}: {cause}"


def _written_from(file: Path, cause: str, project: Path) -> str | None:
    """Where a name stands that PostgreSQL quotes, if the file of the model lacks it: a macro has
    written it, from its own text or from YAML. None where no line is the only one that has it."""
    own = file.read_text(errors="replace") if file.is_file() else ""
    names = [name for name in re.findall(r'"([^"]+)"', cause) if name not in own]
    return next(filter(None, (_only_place(project, name) for name in names)), None)


def _further(fields: Mapping[str, Sequence[str]]) -> str:
    """The end of a sentence of PostgreSQL: its detail, its hint and the function in which the
    statement was refused. The statement itself is of no help to whoever runs it, and is in the
    run ledger."""
    detail, hint, context = (" ".join(fields.get(one, ())) for one in ("DETAIL", "HINT", "CONTEXT"))
    if len(detail) > _LONGEST:
        detail = f"{detail[:_LONGEST]}…"
    found = _FUNCTION.search(context)
    function = f" (in the function {found['name']})" if found else ""
    return function + (f": {detail}" if detail else "") + (f"; {hint}" if hint else "")


def _placed(cause: str, message: str, project: Path) -> str:
    """A cause without a head, after the file that it names or else the only one that has a name
    which it quotes."""
    cause = _FILE_PATH.sub(r"\g<folder>/\g<path>", cause)
    cause = _ENTRY.sub(r" for '\g<name>' of \g<kind>, at ", cause)
    cause = cause.removesuffix("Error encountered in dbt_project.yml").strip()
    quoted = _quoted(cause)
    named = _FILE.search(_FILE_PATH.sub(r"\g<folder>/\g<path>", message))
    if "find profile" in cause or "no profile was specified" in cause:
        path, words = "dbt_project.yml", ["profile:"]
        cause = "the profile must be that of Hedge: write `profile: hedge` here"
    elif named and (project / named[0]).is_file():
        path, words = named[0], quoted
    else:
        place = next(filter(None, (_only_place(project, name) for name in quoted)), None)
        return f"{place}: {cause}{_suggestion(message, project)}" if place else cause
    number = next(filter(None, (_only_line(project / path, word) for word in words)), None)
    cause += _suggestion(message, project)
    return f"{path}:{number}: {cause}" if number else f"{path}: {cause}"


def _suggestion(message: str, project: Path) -> str:
    """A suggestion for a name of the project that does not exist."""
    for kind, pattern in _UNKNOWN:
        if unknown := pattern.search(message):
            known = list(_known(kind, project))
            # What is known by this name is not what dbt lacks.
            return "" if unknown["name"] in known else did_you_mean(unknown["name"], known)
    return ""


def _known(kind: str, project: Path) -> Iterator[str]:
    """The names of all models and seeds, sources or macros of a project."""
    if kind == "model":
        for file in files.matching(project, ("models/**/*.sql", "seeds/**/*.csv")):
            yield file.stem
    elif kind == "macro":
        for file in files.matching(project, ("macros/**/*.sql",)):
            yield from _DEFINED.findall(file.read_text(errors="replace"))
    else:
        for file in files.matching(project, ("models/**/*.yml",)):
            path = file.relative_to(project).as_posix()
            for source in files.read_yaml(project, path).get("sources") or ():
                for table in source.get("tables") or ():
                    yield f"{source['name']}.{table['name']}"


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
    named = re.search(r"^\s*line (\d+)\s*$", message, re.MULTILINE)
    # In YAML, Jinja counts the lines of one value.
    if named and file.suffix != ".yml":
        return int(named[1])
    if text:
        return _only_line(file, text)
    return next(filter(None, (_only_line(file, name) for name in _quoted(message))), None)


def _quoted(message: str) -> list[str]:
    """What a message quotes, in its order."""
    return [str(found[found.lastgroup or 0]).strip() for found in _NAMES.finditer(message)]


def _only_line(file: Path, text: str) -> int | None:
    """The number of the only line of a file that has a text; None where none or several have it."""
    if not file.is_file():
        return None
    lines = enumerate(file.read_text(errors="replace").splitlines(), start=1)
    numbers = [number for number, line in lines if text in line]
    return numbers[0] if len(numbers) == 1 else None


def _only_place(project: Path, text: str) -> str | None:
    """The only line of a project's definitions that has a text, as `file:line`."""
    having = [
        file
        for file in files.matching(project, (*files.DEFINITIONS, *files.TESTS))
        if text in file.read_text(errors="replace")
    ]
    number = _only_line(having[0], text) if len(having) == 1 else None
    return f"{having[0].relative_to(project)}:{number}" if number else None

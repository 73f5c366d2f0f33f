"""Each sentence by which the product refuses something stands, in part, in a test.

A sentence is the literal text of an error that a user reads. A test has it where it has four
consecutive words of it (all of them, where no part between two values is that long) which no other
sentence has; between a test and its regular expressions only words are compared.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests import PROJECT

#: So many consecutive words say which sentence it is.
ENOUGH = 4
#: Sentences that no test has, each with the reason.
WITHOUT_A_TEST = {
    "{} does not answer a batch of {} with a list": (
        "a smaller batch is sent, and one call is no batch: nobody reads it"
    ),
}


def text_of(node: ast.AST) -> str | None:
    """The text of a literal, with {} for each value; None where it is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "{}" for part in node.values)
    return None


def runs_of_words(text: str, length: int) -> set[str]:
    """The runs of so many words of a text, within the parts between its values."""
    parts = [re.findall(r"\w+", part.lower()) for part in text.split("{}")]
    return {
        " ".join(part[place : place + length])
        for part in parts
        for place in range(len(part) - length + 1)
    }


def telling(sentence: str) -> set[str]:
    """The runs of words of a sentence that are long enough; else its longest ones."""
    lengths = range(ENOUGH, 0, -1)
    return next(filter(None, (runs_of_words(sentence, length) for length in lengths)), set())


def errors(trees: list[ast.Module]) -> set[str]:
    """The names of HedgeError and of the classes that derive from it."""
    classes = [one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.ClassDef)]
    # two classes of different modules may have one name
    bases = [(one.name, {ast.unparse(of).split(".")[-1] for of in one.bases}) for one in classes]
    found = {"HedgeError"}
    while more := {name for name, of in bases if of & found} - found:
        found |= more
    return found


@cache
def sentences() -> dict[str, str]:
    """The literal sentences of errors, with the place of each."""
    files = [file for part in ("hedge", "cli", "api") for file in PROJECT.glob(f"{part}/**/*.py")]
    trees = {file: ast.parse(file.read_text()) for file in files}
    names = errors([*trees.values()])
    found = {}
    for file, tree in trees.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            sentence = text_of(node.args[0])
            if ast.unparse(node.func).split(".")[-1] in names and sentence and telling(sentence):
                found[sentence] = f"{file.relative_to(PROJECT)}:{node.lineno}"
    return found


def literals(file: Path) -> Iterator[str]:
    """The texts of a module of tests but its docstrings."""
    nodes = [ast.parse(file.read_text())]
    while nodes:
        node = nodes.pop()
        text = text_of(node)
        if text is not None:
            yield text
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            nodes += ast.iter_child_nodes(node)


def test_each_sentence_stands_in_a_test() -> None:
    runs = {sentence: telling(sentence) for sentence in sentences()}
    times = Counter(run for of in runs.values() for run in of)
    wanted = {
        sentence: {run for run in of if times[run] == 1} or of for sentence, of in runs.items()
    }
    of_all = set().union(*wanted.values())
    lengths = {len(run.split()) for run in of_all}
    seen: set[str] = set()
    for file in PROJECT.glob("tests/**/*.py"):
        if file.name != Path(__file__).name:
            for text in literals(file):
                for length in lengths:
                    seen |= runs_of_words(text, length) & of_all
    lacking = {sentence for sentence, of in wanted.items() if not of & seen}
    assert lacking == set(WITHOUT_A_TEST), "\n" + "\n".join(
        f"{sentences()[sentence]}: {sentence}"
        for sentence in sorted(lacking - set(WITHOUT_A_TEST), key=sentences().__getitem__)
    )


def test_the_sentences_are_found() -> None:
    """Neither the search nor the comparison passes over all of them."""
    assert len(sentences()) > 400
    assert telling("challenge {} is a feat: one tier") == {"is a feat one", "a feat one tier"}
    assert telling("'{}' is no window") == {"is no window"}
    assert telling("{}: {}") == set()

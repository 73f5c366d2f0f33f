"""Edits of text files that keep everything else unchanged, comments included."""

from hedge.errors import HedgeError


def insert(text: str, heading: str, mark: str, name: str, entry: str) -> str:
    """Insert an entry into the list below a heading, in the order of the names.

    An entry begins with the mark and its name; its other lines are indented deeper. The list
    ends at the first line that is indented less. Without the heading a HedgeError is raised.
    """
    if heading not in text:
        raise HedgeError(f"there is no line '{heading.strip()}' to add {name} below")
    place = text.index(heading) + len(heading)
    indent = mark[: len(mark) - len(mark.lstrip())]
    for line in text[place:].splitlines(keepends=True):
        if not line.startswith(indent) or (line.startswith(mark) and line[len(mark) :] > name):
            break
        place += len(line)
    return text[:place] + entry + text[place:]

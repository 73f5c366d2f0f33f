"""Small changes of text files that leave everything else as it is, comments included."""

from hedge.errors import HedgeError


def insert(text: str, heading: str, mark: str, name: str, entry: str) -> str:
    """A text with an entry more in the list below a heading, in the order of the names.

    Entries begin with the mark, then the name; lines below one are indented deeper. The list
    ends with the first line that is indented less.
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

"""What logs give of each raw table, from the seeds of a project: a table of docs/decoding.md.

python -m hedge.chain.given
"""

import csv
from collections.abc import Iterator
from pathlib import Path

_BEGIN, _END = "<!-- what logs give -->\n", "<!-- end -->\n"


def table(project: Path) -> str:
    """What the seeds chain_fact_tables and chain_fact_columns say, as a table in Markdown."""
    lines = ["| raw table | from logs | what is not, or not always |", "|---|---|---|"]
    return "\n".join([*lines, *_rows(project)]) + "\n"


def _rows(project: Path) -> Iterator[str]:
    columns = _seed(project, "chain_fact_columns")
    for one in _seed(project, "chain_fact_tables"):
        notes = [one["note"]] if one["note"] else []
        for column in columns:
            if column["raw_table"] == one["raw_table"]:
                part = "in part" if column["given"] == "partly" else "not"
                note = f": {column['note']}" if column["note"] else "."
                notes.append(f"`{column['column_name']}` {part}{note}")
        yield f"| {one['raw_table']} | {one['given']} | {' '.join(notes)} |".replace("  ", " ")


def _seed(project: Path, name: str) -> list[dict[str, str]]:
    with (project / "seeds" / f"{name}.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def page(text: str, project: Path) -> str:
    """The text of the page with the table of the project."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return before + _BEGIN + table(project) + _END + after


def main() -> None:
    """Write the table into docs/decoding.md of the project in this folder."""
    path = Path("docs/decoding.md")
    path.write_text(page(path.read_text(), Path()))


if __name__ == "__main__":
    main()

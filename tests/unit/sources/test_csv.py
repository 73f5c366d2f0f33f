"""CSV: which separators and blanks are certain."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hedge.errors import UsageError
from hedge.loading.sources import Chunk, open_source
from tests.unit.sources import column, read, table

TABLE = table(column("text", "name"), column("bigint", "number"), column("text", "more"))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a CSV file and returns its path."""

    def write(content: str) -> Path:
        (tmp_path / "a.csv").write_bytes(content.encode())
        return tmp_path / "a.csv"

    return write


def chunks(file: Path) -> list[Chunk]:
    """The chunks of a file."""
    with open_source(str(file), TABLE) as (source, _):
        return list(source.chunks())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_separator_is_that_of_the_header(written, separator: str, end: str) -> None:
    others = ",;\t|".replace(separator, "")
    rows = [
        ["Name ", '"number"', " MORE"],
        ["a", "1", others],
        [f'"{separator}""\n"', "", '""'],
        ["a\r", "2", "b"],
        ["3"],
    ]
    found = read(written(end.join(map(separator.join, rows))), TABLE)
    assert [row.values for row in found[:2]] == [
        ["a", "1", others],
        [f'{separator}"\n', None, ""],
    ]
    assert [row.reason for row in found[2:]] == [
        "a quote or a carriage return stands where none may",
        "the row has 1 values, the header 3",
    ]
    assert [row.line for row in found] == [2, 3, 5, 6]


def test_only_text_with_commas_is_for_copy(written) -> None:
    for separator in (",", ";"):
        (first, _) = chunks(written(f"name{separator}number\na{separator}1\n"))
        assert (first.text is not None) == (separator == ",")


def test_a_header_of_one_column_has_no_separator(written) -> None:
    assert [row.values for row in read(written("name\na;b\n"), TABLE)] == [["a;b"]]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("name;nummer", "with semicolons as separators, things has no column 'nummer'; did you"),
        ("nom\tnummer", "with tabs as separators, things has no column 'nom'"),
        ("name|name", "with vertical bars as separators, the column name stands twice in the file"),
        ("name,number;more", "things has no column 'number;more'"),
        ("name:number", "things has no column 'name:number'"),
        ("name;", "with semicolons as separators, things has no column ''"),
        ("name,na\xe9me", "things has no column 'na\xe9me'; did you mean name?"),
    ],
)
def test_a_separator_that_is_not_certain_is_said(written, header: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        read(written(f"{header}\n1,2\n"), TABLE)
    assert sentence in str(error.value)


def test_blanks_may_surround_quotes(written) -> None:
    content = '"name" , "number",more\n "a" , "1" ,"b"\n"x" y,2,c\n "d\n" , 3 , "open'
    found = read(written(content), TABLE)
    assert [getattr(row, "values", None) for row in found] == [
        ["a", "1", "b"],
        None,
        None,
        None,
    ]
    assert [row.line for row in found] == [2, 3, 4, 5]


def test_a_quoted_value_may_lie_across_blanks_and_chunks(
    written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hedge.loading.sources.chunks.CHUNK_BYTES", 128)
    rows = [f'{number}, "a\n{"b" * 20}", c' for number in range(30)]
    found = read(written("number,name,more\n" + "\n".join(rows)), TABLE)
    assert [row.values for row in found] == [
        [str(number), "a\n" + "b" * 20, " c"] for number in range(30)
    ]

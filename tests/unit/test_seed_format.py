"""Seeds as spreadsheets save them are read in one way or stay as they are; no cell is lost."""

import csv
import io
import random
import shutil
from pathlib import Path

import pytest

from hedge.project import seed_checks, seed_format
from hedge.project.seed_schema import schemas
from tests import PROJECT, Hedge

NAMES = sorted(seed_checks.seed_names(PROJECT))
#: How spreadsheets write the cells of a file.
SAVED = {
    "with a byte order mark": lambda text: ("\ufeff" + text).encode(),
    "on Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "on an old Mac": lambda text: text.replace("\n", "\r").encode(),
    "as UTF-16": lambda text: text.encode("utf-16"),
    "as UTF-16 of big endians": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "in Windows-1252": lambda text: text.encode("cp1252"),
    "with semicolons": lambda text: separated(text, ";").encode(),
    "with tabs as UTF-16": lambda text: separated(text, "\t").encode("utf-16"),
    "with blanks": lambda text: separated(text, ",", " {} ").encode(),
    "with empty lines and columns": lambda text: separated(text, ",", after=["", ""]).encode(),
}


def separated(text: str, separator: str, form: str = "{}", after: list[str] | None = None) -> str:
    """A CSV text with another separator, with cells of a form, and with more cells in each row and
    a row of empty cells at its end."""
    rows = list(csv.reader(io.StringIO(text)))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerows([*map(form.format, row), *(after or ())] for row in rows)
    if after:
        writer.writerow([""] * len([*rows[0], *after]))
    return out.getvalue()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what checks of seeds read."""
    for part in ("seeds", "models/metrics", "models/chain/facts"):
        shutil.copytree(PROJECT / part, tmp_path / part)
    shutil.copyfile(PROJECT / "dbt_project.yml", tmp_path / "dbt_project.yml")
    monkeypatch.setenv("HEDGE_PROJECT", str(tmp_path))
    return tmp_path


def file_of(project: Path, seed: str) -> Path:
    return project / "seeds" / f"{seed}.csv"


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def format_all(project: Path) -> dict[str, list[str]]:
    """Write all seeds anew; what was changed by seed."""
    found = list(seed_format.formatted(project))
    for one in found:
        one.path.write_bytes(one.content)
    return {one.path.stem: one.changes for one in found}


def test_sound_seeds_are_not_written(project: Path) -> None:
    assert list(seed_format.formatted(project)) == []


@pytest.mark.parametrize("saved", SAVED)
def test_every_seed_comes_back_from_a_spreadsheet(project: Path, saved: str) -> None:
    texts = {name: file_of(project, name).read_text() for name in NAMES}
    for name, text in texts.items():
        if saved == "in Windows-1252" and text.isascii():
            text = text.replace("Warrior", "Wärrior")
            texts[name] = text
        file_of(project, name).write_bytes(SAVED[saved](text))
    written = format_all(project)
    for name, text in texts.items():
        # a seed of one column has no separator
        assert cells(file_of(project, name).read_text()) == cells(text), (saved, name)
    assert written
    assert seed_checks.faults(project) == [] or saved == "in Windows-1252"
    assert format_all(project) == {}


@pytest.mark.parametrize(
    ("seed", "old", "new", "meant"),
    [
        # an integer, and a number with a decimal comma
        ("challenge_tiers", "COMMON,Common,100,1,", "COMMON,Common,100,1E+00,", "100,1,"),
        ("challenge_tiers", "COMMON,Common,100,1,", "COMMON,Common,100,1.0,", "100,1,"),
        ("challenge_tiers", "COMMON,Common,100,", 'COMMON,Common,"99,5",', "99.5,"),
        ("challenge_tiers", "COMMON,Common,100,", 'COMMON,Common,"1,5E+01",', "15,"),
        ("challenge_tiers", "COMMON,Common,100,1,false", "COMMON,Common,100,1,FALSE", "1,false"),
        ("challenge_tiers", "COMMON,Common,100,1,false", "COMMON,Common,100,1,FALSCH", "1,false"),
        ("vendor_methods", "buy,true", "buy,WAHR", "buy,true"),
        ("challenges", "total_levels,live", "total_levels,Live", "total_levels,live"),
        ("relic_items", "0xde307e11c", "0XDE307E11C", "0xde307e11c"),
        ("categories", "key,name", "Key,NAME", "key,name"),
    ],
    ids=range(10),
)
def test_a_value_of_which_one_writing_is_meant_is_written_so(
    project: Path, seed: str, old: str, new: str, meant: str
) -> None:
    file = file_of(project, seed)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert list(format_all(project)) == [seed]
    assert meant in file.read_text()
    assert seed_checks.faults(project) == []


@pytest.mark.parametrize(
    ("seed", "old", "new"),
    [
        # thousands or a decimal comma; digits that are gone; another word
        ("challenge_tiers", "COMMON,Common,100,", 'COMMON,Common,"1,500",'),
        ("challenge_tiers", "COMMON,Common,100,1,", "COMMON,Common,100,1.23457E+05,"),
        ("challenge_tiers", "COMMON,Common,100,1,", "COMMON,Common,100,1.5,"),
        ("challenge_tiers", "COMMON,Common,100,1,", "COMMON,Common,100,1E-01,"),
        ("challenge_tiers", "Common,100,1,false", "Common,100,1,0"),
        ("challenge_tiers", "Common,100,1,false", "Common,100,1,nein"),
        ("challenges", "total_levels,live", "total_levels,alive"),
        ("challenge_tiers", "hero_riser,COMMON,", "HERO_RISER,COMMON,"),
        # a repeated line, a cell too few or too many, a quote that is not closed
        ("pet_families", "ant\n", "ant\nant\n"),
        ("categories", "hero_progression,Hero Progression,RARITY,1", "hero_progression,RARITY,1"),
        ("challenge_tiers", "Common,100,1,false", "Common,100,1,false,more"),
        ("categories", "Hero Progression", '"Hero Progression'),
        ("categories", "Hero Progression", '"Hero\nProgression"'),
        ("categories", "key,name", "key,label"),
    ],
    ids=range(14),
)
def test_what_could_be_read_in_two_ways_stays_and_is_named(
    project: Path, seed: str, old: str, new: str
) -> None:
    file = file_of(project, seed)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    before = file.read_bytes()
    assert format_all(project) == {}
    assert file.read_bytes() == before
    assert next(fault.file for fault in seed_checks.faults(project)) == f"seeds/{seed}.csv"


@pytest.mark.parametrize(
    "content",
    ["key,näme\n".encode("utf-16-le"), b"key,n\xa4me\n", b"key,n\x81me\n", b"\xff\xfek"],
    ids=range(4),
)
def test_an_encoding_that_is_not_certain_is_named(project: Path, content: bytes) -> None:
    file_of(project, "categories").write_bytes(content)
    assert format_all(project) == {}
    assert file_of(project, "categories").read_bytes() == content
    assert seed_checks.faults(project)[0].line == 1


def test_quotes_stay_around_cells_with_separators(project: Path) -> None:
    file = file_of(project, "categories")
    file.write_text('key;name;tier_system;sort_order\r\na;x, y;GENE;1\r\nb;"p;q";GENE;2\r\n')
    format_all(project)
    assert file.read_text() == ('key,name,tier_system,sort_order\na,"x, y",GENE,1\nb,p;q,GENE,2\n')


@pytest.mark.parametrize("seed", range(40))
def test_no_cell_is_lost_whatever_a_file_holds(project: Path, seed: int) -> None:
    dice = random.Random(seed)
    name = dice.choice(NAMES)
    columns = [*schemas(project)[name].columns]
    alphabet = ["a", "B", "é", " ", "\u00a0", "1", ",", ";", "\t", '"', "E+03", "TRUE", "-", "."]
    rows = [
        ["".join(dice.choices(alphabet, k=dice.randrange(4))) for _ in columns]
        for _ in range(dice.randrange(1, 6))
    ]
    out = io.StringIO()
    separator = dice.choice(",;\t|")
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows([columns, *rows])
    encoding = dice.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
    file_of(project, name).write_bytes(out.getvalue().encode(encoding))
    found = list(seed_format.formatted(project, [name]))
    # the end of a line is changed in any case, unless the separator of one column is not known
    for one in found:
        written = [row for row in cells(one.after) if row]
        kept = [[cell.strip() for cell in row] for row in rows if any(map(str.strip, row))]
        if len(columns) == 1:
            continue
        assert written[0] == columns
        assert [len(row) for row in written[1:]] == [len(columns) for _ in kept]
        for after, before in zip(written[1:], kept, strict=True):
            for new, old in zip(after, before, strict=True):
                assert new == old or seed_checks_refuse(project, name, old)
    assert found


def seed_checks_refuse(project: Path, name: str, value: str) -> bool:
    """Whether some column of a seed refuses a value, so that it may be written otherwise."""
    columns = schemas(project)[name].columns.values()
    return any(seed_checks.value_fault(column, value) for column in columns)


def test_the_command_shows_writes_and_names_what_is_left(hedge: Hedge, project: Path) -> None:
    methods, pets = file_of(project, "vendor_methods"), file_of(project, "pet_families")
    methods.write_bytes(methods.read_bytes().replace(b"buy,true", b"buy,TRUE"))
    pets.write_text(pets.read_text().replace("ant\n", "ant \nant\n"))
    before = methods.read_bytes(), pets.read_bytes()
    assert hedge("seeds", "format", "--dry-run") == (
        0,
        "seeds/pet_families.csv: no blanks surround values\n"
        "--- seeds/pet_families.csv\n+++ seeds/pet_families.csv\n"
        "@@ -2 +2 @@\n-ant \n+ant\n"
        "seeds/vendor_methods.csv: 1 value is written otherwise\n"
        "--- seeds/vendor_methods.csv\n+++ seeds/vendor_methods.csv\n"
        "@@ -2 +2 @@\n-buy,TRUE\n+buy,true\n",
        "",
    )
    assert (methods.read_bytes(), pets.read_bytes()) == before
    changed = "seeds/vendor_methods.csv: 1 value is written otherwise\n"
    assert hedge("seeds", "format", "vendor_methods") == (0, changed, "")
    assert pets.read_bytes() == before[1]
    status, told, error = hedge("seeds", "format")
    assert (status, told) == (1, "seeds/pet_families.csv: no blanks surround values\n")
    assert error == "seeds/pet_families.csv:3: the line repeats line 2: delete one of them\n"
    assert hedge("seeds", "format", "vendor_methods") == (0, "nothing to rewrite\n", "")
    assert hedge("seeds", "format", "vendor_method")[0] == 2

"""Mistakes in the form of files, with the sentence that a deploy refuses each with."""

from collections.abc import Callable
from pathlib import Path

from tests.integration.deploying import edit

WEIGHTS = "seeds/mastery_weights.csv"
PVP = "models/metrics/onchain_pvp"


def encoded(file: str, encoding: str, old: str = "", new: str = "") -> Callable[[Path], None]:
    """Write a file in another encoding, after one text in it was replaced."""

    def make(project: Path) -> None:
        path = project / file
        path.write_bytes(path.read_text().replace(old, new, 1).encode(encoding))

    return make


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace every occurrence of a text in a file."""
    return lambda project: (project / file).write_text(
        (project / file).read_text().replace(old, new), newline=""
    )


def added(file: str, text: str) -> Callable[[Path], None]:
    """Add a text at the end of a file."""
    return lambda project: (project / file).write_text((project / file).read_text() + text)


#: What it is, how it is made, and the first line of the error.
OF_FILES: list[tuple[str, Callable[[Path], object], str]] = [
    (
        "a seed with a byte order mark",
        encoded(WEIGHTS, "utf-8-sig"),
        f"{WEIGHTS}:1: the file begins with a byte order mark: save it as UTF-8 without BOM",
    ),
    (
        "a seed in UTF-16",
        encoded(WEIGHTS, "utf-16"),
        f"{WEIGHTS}:1: the file is UTF-16 or binary, not UTF-8: save it as UTF-8",
    ),
    (
        "a seed in Latin-1",
        encoded("seeds/categories.csv", "latin-1", "Prestige,", "Préstige,"),
        "seeds/categories.csv:8: the byte 0xe9, which is 'é' in Latin-1, is not UTF-8: save the "
        "file as UTF-8",
    ),
    (
        "a seed with semicolons",
        replaced(WEIGHTS, ",", ";"),
        f"{WEIGHTS}:1: ';' separate the values: separate them with commas",
    ),
    (
        "a seed from Windows",
        replaced(WEIGHTS, "\n", "\r\n"),
        f"{WEIGHTS}:1: 13 lines end with CR, as on Windows: end lines with LF, as dos2unix does",
    ),
    (
        "a column of a seed that is renamed",
        replaced("seeds/challenges.csv", ",metric_key,", ",metric_name,"),
        "seeds/challenges.csv:1: the header has metric_name, which is no column of this seed, "
        "instead of metric_key: its columns are key, category_key, name, description, metric_type, "
        "metric_source, metric_key, is_active, sort_order, icon, tags",
    ),
    (
        "a blank before a value of a seed",
        replaced(WEIGHTS, ",wins,", ", wins,"),
        f"{WEIGHTS}:6: blanks surround ' wins' of metric_key, and dbt keeps them: remove them",
    ),
    (
        "an empty line in a seed",
        added(WEIGHTS, "\n"),
        f"{WEIGHTS}:14: the line is empty, and dbt reads it as a row without values: delete it",
    ),
    (
        "a value with a comma that is not in quotes",
        replaced("seeds/relic_items.csv", "relic 1", "relic, the first"),
        "seeds/relic_items.csv:2: the row has 3 values for the 2 columns of the first line: put a "
        "value with a comma in quotes",
    ),
    (
        "a metric that is misspelled in challenges.csv",
        replaced("seeds/challenges.csv", "onchain_pvp,wins,", "onchain_pvp,winz,"),
        "seeds/challenges.csv:25: seeds/metrics.csv has no metric_source onchain_pvp, metric_key "
        "winz: name one of its lines, or add it there; did you mean onchain_pvp.wins?",
    ),
    (
        "a threshold that is no number",
        replaced(
            "seeds/challenge_tiers.csv", "hero_riser,RARE,Rare,600", "hero_riser,RARE,Rare,many"
        ),
        "seeds/challenge_tiers.csv:4: threshold_value is 'many', not a number above 0",
    ),
    (
        "a tab in YAML",
        lambda project: edit(project / f"{PVP}.yml", "models:\n  - name", "models:\n\t- name"),
        f"{PVP}.yml:4: a tab indents the line, and YAML takes spaces only",
    ),
    (
        "a key twice in YAML",
        lambda project: edit(project / f"{PVP}.yml", "version: 2\n", "version: 2\nversion: 2\n"),
        f"{PVP}.yml:2: line 1 has version already, and YAML forgets it",
    ),
    (
        "another profile",
        replaced("dbt_project.yml", "profile: hedge", "profile: mine"),
        "the project does not parse: dbt_project.yml:4: the profile must be that of Hedge: write "
        "`profile: hedge` here",
    ),
    (
        "a model that does not exist",
        replaced(f"{PVP}.sql", "ref('pvp_matches')", "ref('pvp_matchs')"),
        f"the project does not parse: {PVP}.sql:8: Model 'model.hedge.onchain_pvp' ({PVP}.sql) "
        "depends on a node named 'pvp_matchs' which was not found; did you mean pvp_matches?",
    ),
    (
        "a macro without its end",
        added("macros/whole_days.sql", "{% macro half_days(x) %}\n{{ x }}\n"),
        "the project does not parse: macros/whole_days.sql:...",
    ),
]

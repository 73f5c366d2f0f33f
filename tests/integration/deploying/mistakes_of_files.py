"""Mistakes of analysts that are in the form of files, and the sentence that a deploy refuses each
with. OF_FILES are refused before there is a connection to a database; UNPARSED when dbt parses."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support import edit

WEIGHTS = "seeds/mastery_weights.csv"
TIERS = "seeds/challenge_tiers.csv"
CHALLENGES = "seeds/challenges.csv"
LEVELS = "seeds/season_levels.csv"
PVP = "models/metrics/onchain_pvp"


@dataclass(frozen=True)
class Mistake:
    """An edit of the project, in words and as a function of its folder, and the first line of the
    error that it gets. It ends with `...` where it goes on with one of several unit tests, which
    are passed side by side."""

    what: str
    make: Callable[[Path], object]
    sentence: str


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace a text that a file of the project has once."""
    return lambda project: edit(project / file, old, new)


def replaced_everywhere(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Replace every occurrence of a text in a file."""

    def make(project: Path) -> None:
        text = (project / file).read_text()
        assert old in text
        (project / file).write_text(text.replace(old, new), newline="")

    return make


def repeated(file: str, line: int) -> Callable[[Path], None]:
    """Repeat a line of a file at its end."""

    def make(project: Path) -> None:
        text = (project / file).read_text()
        (project / file).write_text(f"{text}{text.splitlines()[line - 1]}\n")

    return make


def encoded(file: str, encoding: str, old: str = "", new: str = "") -> Callable[[Path], None]:
    """Write a file in another encoding, after one text in it was replaced."""

    def make(project: Path) -> None:
        text = (project / file).read_text()
        assert old in text
        (project / file).write_bytes(text.replace(old, new, 1).encode(encoding))

    return make


def added(file: str, text: str) -> Callable[[Path], None]:
    """Add a text at the end of a file."""
    return lambda project: (project / file).write_text((project / file).read_text() + text)


OF_FILES = [
    Mistake(
        "a line of metrics.csv twice",
        repeated("seeds/metrics.csv", 3),
        "seeds/metrics.csv:54: the line repeats line 3: delete one of them",
    ),
    Mistake(
        "a line of mastery_weights.csv twice",
        repeated(WEIGHTS, 2),
        "seeds/mastery_weights.csv:14: the line repeats line 2: delete one of them",
    ),
    Mistake(
        "a line of relic_items.csv twice",
        repeated("seeds/relic_items.csv", 2),
        "seeds/relic_items.csv:7: the line repeats line 2: delete one of them",
    ),
    Mistake(
        "a weight below zero",
        replaced(
            "seeds/mastery_weights.csv",
            "summoning_prestige_score,onchain_summoning,mythmaker_count,5",
            "summoning_prestige_score,onchain_summoning,mythmaker_count,-5",
        ),
        "seeds/mastery_weights.csv:3: weight is '-5', not a number of at least 0",
    ),
    Mistake(
        "a seed with a byte order mark",
        encoded(WEIGHTS, "utf-8-sig"),
        f"{WEIGHTS}:1: the file begins with a byte order mark: save it as UTF-8 without BOM",
    ),
    Mistake(
        "a seed in UTF-16",
        encoded(WEIGHTS, "utf-16"),
        f"{WEIGHTS}:1: the file is UTF-16 or binary, not UTF-8: save it as UTF-8",
    ),
    Mistake(
        "a seed in Latin-1",
        encoded("seeds/categories.csv", "latin-1", "Prestige,", "Préstige,"),
        "seeds/categories.csv:8: the byte 0xe9, which is 'é' in Latin-1, is not UTF-8: save the "
        "file as UTF-8",
    ),
    Mistake(
        "a seed with semicolons",
        replaced_everywhere(WEIGHTS, ",", ";"),
        f"{WEIGHTS}:1: ';' separate the values: separate them with commas",
    ),
    Mistake(
        "a seed from Windows",
        replaced_everywhere(WEIGHTS, "\n", "\r\n"),
        f"{WEIGHTS}:1: 13 lines end with CR, as on Windows: end lines with LF, as dos2unix does",
    ),
    Mistake(
        "a column of a seed that is renamed",
        replaced("seeds/challenges.csv", ",metric_key,", ",metric_name,"),
        "seeds/challenges.csv:1: the header has metric_name, which is no column of this seed, "
        "instead of metric_key: its columns are key, category_key, name, description, metric_type, "
        "metric_source, metric_key, state, sort_order, icon, tags",
    ),
    Mistake(
        "a blank before a value of a seed",
        replaced_everywhere(WEIGHTS, ",wins,", ", wins,"),
        f"{WEIGHTS}:6: blanks surround ' wins' of metric_key, and dbt keeps them: remove them",
    ),
    Mistake(
        "an empty line in a seed",
        added(WEIGHTS, "\n"),
        f"{WEIGHTS}:14: the line is empty, and dbt reads it as a row without values: delete it",
    ),
    Mistake(
        "a value with a comma that is not in quotes",
        replaced("seeds/relic_items.csv", "relic 1", "relic, the first"),
        "seeds/relic_items.csv:2: the row has 3 values for the 2 columns of the first line: put a "
        "value with a comma in quotes",
    ),
    Mistake(
        "a metric that is misspelled in challenges.csv",
        replaced_everywhere("seeds/challenges.csv", "onchain_pvp,wins,", "onchain_pvp,winz,"),
        "seeds/challenges.csv:25: seeds/metrics.csv has no metric_source onchain_pvp, metric_key "
        "winz: name one of its lines, or add it there; did you mean onchain_pvp.wins?",
    ),
    Mistake(
        "a threshold that is no number",
        replaced(
            "seeds/challenge_tiers.csv", "hero_riser,RARE,Rare,600", "hero_riser,RARE,Rare,many"
        ),
        "seeds/challenge_tiers.csv:4: threshold_value is 'many', not a number above 0",
    ),
    Mistake(
        "a tab in YAML",
        lambda project: edit(project / f"{PVP}.yml", "models:\n  - name", "models:\n\t- name"),
        f"{PVP}.yml:4: a tab indents the line, and YAML takes spaces only",
    ),
    Mistake(
        "a key twice in YAML",
        lambda project: edit(project / f"{PVP}.yml", "version: 2\n", "version: 2\nversion: 2\n"),
        f"{PVP}.yml:2: line 1 has version already, and YAML forgets it",
    ),
    Mistake(
        "a seed that is deleted",
        lambda project: (project / "seeds/vendor_methods.csv").unlink(),
        "seeds/vendor_methods.csv:1: there is no file of the seed vendor_methods, which "
        "seeds/_seeds.yml describes",
    ),
    Mistake(
        "a column of a seed that is missing",
        replaced("seeds/categories.csv", "key,name,tier_system,sort_order", "key,name,tier_system"),
        "seeds/categories.csv:1: the header lacks the column sort_order: its columns are key,"
        " name, tier_system, sort_order",
    ),
    Mistake(
        "a quote in a seed that is not closed",
        replaced("seeds/relic_items.csv", "Made-up relic 2", '"Made-up relic 2'),
        "seeds/relic_items.csv:3: a quote is not closed, or one inside a value is not "
        "doubled: unexpected end of data",
    ),
    Mistake(
        "the word null in a seed",
        replaced(TIERS, "hero_riser,RARE,Rare,", "hero_riser,RARE,NULL,"),
        "seeds/challenge_tiers.csv:4: display_name is 'NULL', which dbt reads as no value",
    ),
    Mistake(
        "a value of a seed that is missing",
        replaced(TIERS, "hero_riser,RARE,Rare,", "hero_riser,RARE,,"),
        "seeds/challenge_tiers.csv:4: display_name is empty",
    ),
    Mistake(
        "`yes` instead of `true`",
        replaced("seeds/vendor_methods.csv", "buyItem,true", "buyItem,yes"),
        "seeds/vendor_methods.csv:3: is_purchase is 'yes': write true or false",
    ),
    Mistake(
        "an address in capital letters",
        replaced(
            "seeds/relic_items.csv",
            "0xde307e11c0000000000000000000000000000002",
            "0xDE307E11C0000000000000000000000000000002",
        ),
        "seeds/relic_items.csv:3: item_address is "
        "'0xDE307E11C0000000000000000000000000000002', not an address: 0x and 40 lower-case "
        "hex digits",
    ),
    Mistake(
        "a type of challenge that does not exist",
        replaced(CHALLENGES, 'won or lost.",COUNT,', 'won or lost.",COUNTER,'),
        "seeds/challenges.csv:4: metric_type is 'COUNTER', not one of COUNT, BOOLEAN, "
        "COMPOSITE, STREAK, SCORE; did you mean COUNT?",
    ),
    Mistake(
        "a category that is misspelled",
        replaced(CHALLENGES, "hero_riser,hero_progression,", "hero_riser,hero_progresion,"),
        "seeds/challenges.csv:2: seeds/categories.csv has no category_key hero_progresion: "
        "name one of its lines, or add it there; did you mean hero_progression?",
    ),
    Mistake(
        "a number that is too large for its type",
        replaced(LEVELS, "9,3000", "9000000000,3000"),
        "seeds/season_levels.csv:10: level is '9000000000', not a whole number above 0, at "
        "most 2147483647",
    ),
    Mistake(
        "a challenge with the key of another",
        replaced(CHALLENGES, "hunters_triumph,hero_progression,", "hero_riser,hero_progression,"),
        "seeds/challenges.csv:3: line 2 has key hero_riser already",
    ),
    Mistake(
        "a challenge without tiers",
        added(
            CHALLENGES,
            "angler,hero_progression,Angler,Fish.,COUNT,onchain_pvp,wins,live,99,fish,fishing\n",
        ),
        "seeds/challenges.csv:54: challenge angler has no tier: add one to "
        "seeds/challenge_tiers.csv",
    ),
    Mistake(
        "tiers of a challenge that does not exist",
        added(TIERS, "hero_rizer,COMMON,Common,100,1,false\n"),
        "seeds/challenge_tiers.csv:171: seeds/challenges.csv has no challenge_key hero_rizer:"
        " name one of its lines, or add it there; did you mean hero_riser?",
    ),
    Mistake(
        "two tiers in one place of a ladder",
        replaced(TIERS, "hero_riser,RARE,Rare,600,3,", "hero_riser,RARE,Rare,600,2,"),
        "seeds/challenge_tiers.csv:4: line 3 has challenge_key hero_riser, sort_order 2 already",
    ),
    Mistake(
        "a threshold that is not above the one before",
        replaced(TIERS, "hero_riser,RARE,Rare,600,", "hero_riser,RARE,Rare,300,"),
        "seeds/challenge_tiers.csv:4: the threshold 300 of hero_riser RARE is not above the "
        "300 of UNCOMMON (line 3), the tier below: thresholds rise with sort_order",
    ),
    Mistake(
        "a season that begins with points",
        replaced(LEVELS, "1,0\n", "1,10\n"),
        "seeds/season_levels.csv:2: the lowest level 1 requires 10 points: it must require 0,"
        " at which everybody begins",
    ),
    Mistake(
        "levels of a season that do not rise",
        replaced(LEVELS, "4,300\n", "4,100\n"),
        "seeds/season_levels.csv:5: the 100 points of level 4 are not above the 150 of level "
        "3 (line 4)",
    ),
    Mistake(
        "a weight of a kind that is no number",
        replaced(
            "seeds/code_values.csv",
            "seasonal_action_weight,QUEST,2",
            "seasonal_action_weight,QUEST,two",
        ),
        "seeds/code_values.csv:37: the seasonal_action_weight of QUEST is 'two', not a number"
        " of at least 0",
    ),
    Mistake(
        "a metric in metrics.csv that no model has",
        added("seeds/metrics.csv", "onchain_pvp,losses,counter,in the window,matches,Lost\n"),
        "seeds/metrics.csv:54: models/metrics/onchain_pvp.yml has no column losses: the "
        "metric source has matches_played, wins, best_win_streak, flawless_victory",
    ),
    Mistake(
        "a metric source that is misspelled in metrics.csv",
        added("seeds/metrics.csv", "onchain_pvpp,wins,counter,in the window,matches,Won\n"),
        "seeds/metrics.csv:54: no metric source onchain_pvpp: name one of metric_sources in "
        "dbt_project.yml, or add it there; did you mean onchain_pvp?",
    ),
    Mistake(
        "a metric that is renamed in its YAML only",
        replaced(f"{PVP}.yml", "- name: best_win_streak\n", "- name: longest_win_streak\n"),
        "seeds/metrics.csv:26: models/metrics/onchain_pvp.yml has no column best_win_streak: "
        "the metric source has matches_played, wins, longest_win_streak, flawless_victory; "
        "did you mean longest_win_streak?",
    ),
    Mistake(
        "YAML with a bracket that is not closed",
        replaced(f"{PVP}.yml", "version: 2\n", "version: [2\n"),
        "models/metrics/onchain_pvp.yml:3: this is not YAML: did not find expected ',' or ']'"
        " At: models:",
    ),
    Mistake(
        "a colon in a description in YAML",
        replaced(f"{PVP}.yml", "description: Ranked player", "description: PvP: ranked player"),
        "models/metrics/onchain_pvp.yml:5: this is not YAML: mapping values are not allowed "
        "in this context At: description: PvP: ranked player-versus-player results. One row "
        "per cluster and window.",
    ),
    Mistake(
        "YAML in Latin-1",
        encoded(f"{PVP}.yml", "latin-1", "version: 2\n", "version: 2 # é\n"),
        "models/metrics/onchain_pvp.yml:1: the byte 0xe9, which is 'é' in Latin-1, is not "
        "UTF-8: save the file as UTF-8",
    ),
    Mistake(
        "a model in UTF-16",
        encoded(f"{PVP}.sql", "utf-16"),
        "models/metrics/onchain_pvp.sql:1: the file is UTF-16 or binary, not UTF-8: save it "
        "as UTF-8",
    ),
    Mistake(
        "`dbt_project.yml` without the list of metric sources",
        replaced("dbt_project.yml", "  metric_sources:\n", "  sources_of_metrics:\n"),
        "dbt_project.yml: vars has no list metric_sources: it names the models of models/metrics",
    ),
    Mistake(
        "a metric source in both lists of `dbt_project.yml`",
        replaced(
            "dbt_project.yml",
            "  derived_metric_sources:\n",
            "  derived_metric_sources:\n    - onchain_pvp\n",
        ),
        "dbt_project.yml: vars names the metric source onchain_pvp 2 times in metric_sources and "
        "derived_metric_sources: name it once",
    ),
]
UNPARSED = [
    Mistake(
        "another profile",
        replaced("dbt_project.yml", "profile: hedge", "profile: mine"),
        "the project does not parse: dbt_project.yml:4: the profile must be that of Hedge: write "
        "`profile: hedge` here",
    ),
    Mistake(
        "a model that does not exist",
        replaced(f"{PVP}.sql", "ref('pvp_matches')", "ref('pvp_matchs')"),
        f"the project does not parse: {PVP}.sql:6: Model 'model.hedge.onchain_pvp' ({PVP}.sql) "
        "depends on a node named 'pvp_matchs' which was not found; did you mean pvp_matches?",
    ),
    Mistake(
        "a macro without its end",
        added("macros/whole_days.sql", "{% macro half_days(x) %}\n{{ x }}\n"),
        "the project does not parse: macros/whole_days.sql:9: Unexpected end of template. "
        "Jinja was looking for the following tags: 'endmacro'. The innermost block that needs to "
        "be closed is 'macro'. At: {{ x }}",
    ),
]

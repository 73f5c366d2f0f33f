"""The scaffold of a raw table: the SQL that creates it, its staging model, and its entry in the
sources, by which a deploy notes its changes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hedge.analysis.scaffold.facts import Facts
from hedge.analysis.scaffold.metric_source import files_of_new_table
from hedge.analysis.scaffold.writing import rendered, require_name, write
from hedge.errors import UsageError
from hedge.loading.reference import DescribedColumn, meaning_of_name, yaml_of_columns
from hedge.loading.tables import ADDRESS_RULE, HASH_RULE
from hedge.project import files, template
from hedge.suggestions import did_you_mean

#: The types that a column can have, with the rule of each; the loader checks rules.
TYPES = {
    "bigint": "0 or more",
    "integer": "0 or more",
    "smallint": "0 or more",
    "numeric": "0 or more",
    "text": "",
    "boolean": "",
    "date": "a finite date",
    "timestamptz": "a finite time",
    "address": ADDRESS_RULE,
    "hash": HASH_RULE,
}
#: The rule of a number with this name: chains have numbers from 1 on (EIP-155).
_RULES_OF_NAMES = {"chain_id": "1 or more"}
#: The rule of a text in the key, because an entry of an index holds 2,704 bytes in all.
_LIMITED = "at most 512 bytes long"
#: The column that says when a row was loaded.
_LOADED_AT = DescribedColumn(
    "loaded_at", "timestamp with time zone", "When the row was inserted or updated last", []
)
#: The longest name of a constraint.
_LONGEST_RULE = 63
#: What names the log that a fact is, and the columns of the key.
_OF_LOGS = ("tx_hash hash", "log_index integer", "chain_id integer")
_KEY_OF_LOGS = ("tx_hash", "log_index")
_MEANINGS_OF_LOGS = {
    "tx_hash": "The transaction that emitted the log",
    "log_index": "The place of the log in its block, from 0",
    "chain_id": "The chain, as in EIP-155",
}
#: The column that says when a fact was decoded from logs.
_DECODED_AT = DescribedColumn(
    "decoded_at",
    "timestamp with time zone",
    "When the fact was decoded from logs; null where no log of it is known",
    [],
)
#: Text whose order and equality are those of its bytes.
_TEXT = 'text collate "C"'
#: The types that the catalogues of PostgreSQL name differently.
_TYPES_OF_CATALOGUE = {"timestamptz": _LOADED_AT.type, _TEXT: "text"}


@dataclass(frozen=True)
class NewColumn:
    """A column of a new raw table: its type in SQL, and its check with the rule in words."""

    name: str
    sql_type: str
    rule: str
    check: str

    def ruled(self, rule: str) -> "NewColumn":
        """The column with a rule, which is one of the words here. A UsageError where PostgreSQL
        would cut off the name of the rule, by which the loader knows it."""
        name = self.name
        if rule and len(f"{name} is {rule}") > _LONGEST_RULE:
            raise UsageError(
                f"the column {name} needs a shorter name: its rule '{name} is {rule}' has more than"
                f" {_LONGEST_RULE} characters"
            )
        # NaN is more than Infinity, and Infinity than any number
        finite = f" and {name} < 'Infinity'" if self.sql_type.startswith("numeric") else ""
        check = {
            "": "",
            "0 or more": f"{name} >= 0{finite}",
            "1 or more": f"{name} >= 1{finite}",
            "a finite time": f"isfinite({name})",
            "a finite date": f"isfinite({name})",
            ADDRESS_RULE: f"{name} ~ '^0x[0-9a-f]{{40}}$'",
            # a counted repeat in a regular expression would take eight times as long
            HASH_RULE: f"{name} ~ '^0x[0-9a-f]*$' and octet_length({name}) = 66",
            _LIMITED: f"octet_length({name}) <= 512",
        }[rule]
        return replace(self, rule=rule, check=check)

    def described(self, meaning: str | None) -> DescribedColumn:
        """The column as the catalogue of a database with the table describes it; without a meaning
        its name says it."""
        return DescribedColumn(
            self.name,
            _TYPES_OF_CATALOGUE.get(self.sql_type, self.sql_type.replace(" ", "")),
            meaning or meaning_of_name(self.name),
            [f"{self.name} is {self.rule}"] if self.rule else [],
        )


@dataclass(frozen=True)
class NewRawTable:
    """What was written: the table, the file that creates it, the staging model, all files that are
    new or changed, and the columns that a file to load has."""

    table: str
    creates: str
    staging: str
    files: list[str]
    columns: list[str]


def new_raw_table(
    table: str,
    columns: Sequence[str],
    key: Sequence[str] = (),
    wallet: str = "wallet_address",
    time: str = "occurred_at",
    *,
    of_logs: bool = False,
) -> NewRawTable:
    """Write what a raw table needs: raw_tables/TABLE.sql, which creates it, the staging model
    stg_TABLE, and its entry in models/staging/_sources.yml.

    columns are texts such as `garden text`; those of the wallet and the time are added, and with
    of_logs those by which a fact names its log, and decoded_at. key are the columns of the primary
    key, by default the first column, or those of the log. A table or column that exists, an
    unknown type, and a name that is not snake_case are a UsageError, and nothing is written. No
    database is needed.
    """
    project = template.editable()
    table = table.removeprefix("raw.")
    require_name(table)
    sources = files.read_text(project, "models/staging/_sources.yml")
    if re.search(rf"^      - name: {table}$", sources, re.MULTILINE):
        raise UsageError(f"raw.{table} exists already: models/staging/_sources.yml")
    creates = f"raw_tables/{table}.sql"
    for path in (creates, f"models/staging/stg_{table}.sql"):
        if (project / path).exists():
            raise UsageError(f"{path} exists already")
    texts_of_columns = (*(_OF_LOGS if of_logs else ()), *columns)
    parsed = [
        _column(text) for text in (*texts_of_columns, f"{wallet} address", f"{time} timestamptz")
    ]
    names = [column.name for column in parsed]
    for name in names:
        if names.count(name) > 1 or name in (_LOADED_AT.name, _DECODED_AT.name):
            raise UsageError(f"the column {name} is given twice or belongs to every raw table")
    keys = list(key) or (list(_KEY_OF_LOGS) if of_logs else names[:1])
    for name in keys:
        if name not in names:
            raise UsageError(f"the key has no column {name}{did_you_mean(name, names)}")
    parsed = [
        column.ruled(_LIMITED)
        if column.name in keys and column.sql_type == _TEXT and not column.rule
        else column
        for column in parsed
    ]
    meanings = {
        **(_MEANINGS_OF_LOGS if of_logs else {}),
        wallet: "The wallet that the fact belongs to",
        time: "When it happened, UTC",
    }
    of_the_database = [_LOADED_AT, _DECODED_AT] if of_logs else [_LOADED_AT]
    described = [column.described(meanings.get(column.name)) for column in parsed]
    others = tuple(name for name in names if name not in (wallet, time))
    facts = Facts(
        table,
        "staging",
        f"stg_{table}",
        list(others),
        is_new=True,
        wallet=wallet,
        time=time,
        raw_columns=others,
        raw_key=tuple(keys),
        described_columns=yaml_of_columns([*described, *of_the_database]),
    )
    words = {
        "table": table,
        "columns": parsed,
        "keys": keys,
        "wallet": wallet,
        "time": time,
        "is_of_logs": of_logs,
        "described": [*described, *of_the_database],
    }
    texts = {creates: rendered("raw_table.sql", words), **files_of_new_table(project, facts)}
    return NewRawTable(table, creates, facts.model, write(project, texts), names)


def _column(text: str) -> NewColumn:
    """A column from its name and type, such as `garden text`."""
    name, _, type_ = text.strip().partition(" ")
    require_name(name)
    type_ = type_.strip()
    precise = re.fullmatch(r"numeric\((\d+), ?(\d+)\)", type_)
    if type_ not in TYPES and not precise:
        raise UsageError(
            f"'{text}' is not a column and its type, such as 'garden text': types are "
            f"{', '.join(TYPES)}{did_you_mean(type_, TYPES)}"
        )
    sql_type = {"address": _TEXT, "hash": _TEXT, "text": _TEXT}.get(type_, type_)
    if precise:
        sql_type = f"numeric({precise[1]}, {precise[2]})"
    rule = TYPES["numeric" if precise else type_]
    if rule == "0 or more":
        rule = _RULES_OF_NAMES.get(name, rule)
    return NewColumn(name, sql_type, "", "").ruled(rule)

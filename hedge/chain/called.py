"""What calls of contracts supply, while logs are decoded: values that logs do not give.

The seed chain_calls names them, and hedge/chain/calling.py makes them. A value is that of the
column where the logs give none; what lacks is wanted until there is an answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from hedge.chain import fitting
from hedge.loading.tables import Table

#: The types of what a call supplies before it is that of its column.
_TYPES = {"number": "numeric", "boolean": "boolean", "address": "text"}

Execute = Callable[..., psycopg.Cursor]


@dataclass(frozen=True)
class Call:
    """A row of the seed chain_calls: which word of what a function of a contract returns is the
    value of a column. The argument is the value of another column. meaning: the code or trait whose
    names stand for the numbers, if it has one; is_of_block: whether the value changes, so that only
    the state at the end of the fact's block has it."""

    column_name: str
    contract: str
    called_function: str
    argument_column: str
    result_word: int
    result_type: str
    meaning: str | None
    is_of_block: bool

    @property
    def type_of_value(self) -> str:
        """The type of the value before it is that of its column."""
        return "text" if self.meaning else _TYPES[self.result_type]

    @property
    def parts(self) -> dict[str, sql.Composable]:
        """What the statements below name in braces."""
        of_block = "results.block_number = facts.hedge_block" if self.is_of_block else "true"
        what = f"{self.called_function} of {self.contract}"
        return {
            "column": sql.Identifier(self.column_name),
            "argument": sql.Identifier(self.argument_column),
            "contract": sql.Literal(self.contract),
            "function": sql.Literal(self.called_function),
            "is_of_block": sql.Literal(self.is_of_block),
            "of_block": sql.SQL(of_block),
            "value": sql.SQL(_MEANING if self.meaning else "app.called_value({answer})").format(
                answer=sql.SQL("results.answer, {}, {}").format(
                    self.result_word, sql.Literal(self.result_type)
                ),
                meaning=sql.Literal(self.meaning),
            ),
            "type_of_value": sql.SQL(self.type_of_value),
            "waits": sql.Literal(f"{self.column_name}: {what} was not called yet"),
            "lacks": sql.Literal(
                f"{self.column_name}: the node does not have the state for {what} any more"
            ),
            "refused": sql.Literal(f"{self.column_name}: {what} was refused"),
            "unfit": sql.Literal(f"{self.column_name}: what {what} returned is no such value"),
        }


def calls_of(rows: list[dict[str, Any]], table: Table) -> list[Call]:
    """The calls of a raw table, from rows of the seed; those for columns that it has."""
    calls = [Call(**row) for row in rows]
    return [
        call
        for call in calls
        if {call.column_name, call.argument_column} <= table.by_name.keys()
        and call.result_type in _TYPES
    ]


def supply(connection: psycopg.Connection, table: Table, calls: list[Call], do: Execute) -> None:
    """Set the values of hedge_facts that logs do not give and calls have answered."""
    rules = fitting.rules(connection, "pg_temp.hedge_facts")
    for call in calls:
        column = table.by_name[call.column_name]
        do(
            _SUPPLY,
            type=sql.SQL(column.type),
            is_required=sql.Literal(column.is_required),
            fits=fitting.fits(column, call.type_of_value, rules),
            **call.parts,
        )
    do("update pg_temp.hedge_facts set hedge_is_supplied = true where not hedge_is_supplied")


def want(calls: list[Call], do: Execute) -> None:
    """Note the calls that facts of hedge_compared want, which no file says."""
    for call in calls:
        do(_WANT, **call.parts)


_MEANING = """(
            select coalesce(
                (
                    select traits.name from analytics.hero_traits as traits
                    where
                        traits.trait = {meaning}
                        and traits.gene::text = app.called_value({answer})
                ),
                (
                    select codes.meaning from analytics.code_values as codes
                    where
                        codes.code = {meaning}
                        and codes.value = app.called_value({answer})
                )
            )
        )"""

_RESULT = """
        select results.*
        from raw.chain_call_results as results
        where
            results.chain_id = facts.hedge_chain
            and results.contract = {contract}
            and results.called_function = {function}
            and results.argument = facts.{argument}
            and {of_block}
        order by results.answer is null, results.block_number desc
        limit 1
"""

_SUPPLY = (
    """
    update pg_temp.hedge_facts as facts
    set
        {column} = found.fitting,
        hedge_calls = nullif(concat_ws('; ', facts.hedge_calls, found.reason), '')
    from (
        select
            answers.place,
            case when answers.is_fitting then answers.{column}::{type} end as fitting,
            case
                when not {is_required} then null
                when answers.called_at is null and answers.is_lacking then {lacks}
                when answers.called_at is null then {waits}
                when answers.answer is null then {refused}
                when answers.is_fitting is not true then {unfit}
            end as reason
        from (
            select valued.*, {column} is not null and {fits} as is_fitting
            from (
                select
                    facts.ctid as place,
                    results.called_at,
                    results.answer,
                    ({value})::{type_of_value} as {column},
                    exists (
                        select from app.chain_wanted_calls as wanted
                        where
                            wanted.chain_id = facts.hedge_chain
                            and wanted.contract = {contract}
                            and wanted.called_function = {function}
                            and wanted.argument = facts.{argument}
                            and wanted.block_number = facts.hedge_block
                            and wanted.is_of_block = {is_of_block}
                            and wanted.table_name = {name}
                            and wanted.lacked_at is not null
                    ) as is_lacking
                from pg_temp.hedge_facts as facts
                left join lateral ("""
    + _RESULT
    + """) as results on true
                where
                    facts.hedge_is_fact
                    and not facts.hedge_is_supplied
                    and facts.{column} is null
                    and facts.{argument} is not null
            ) as valued
        ) as answers
    ) as found
    where facts.ctid = found.place
"""
)

_WANT = (
    """
    insert into app.chain_wanted_calls as wanted (
        chain_id, contract, called_function, argument, block_number, is_of_block, table_name
    )
    select distinct
        facts.hedge_chain, {contract}, {function}, facts.{argument}, facts.hedge_block,
        {is_of_block}, {name}
    from pg_temp.hedge_compared as facts
    where
        facts.hedge_is_fact
        and not facts.hedge_has_file
        and facts.{column} is null
        and facts.{argument} is not null
        and facts.hedge_block is not null
        and not exists ("""
    + _RESULT
    + """)
    on conflict do nothing
"""
)

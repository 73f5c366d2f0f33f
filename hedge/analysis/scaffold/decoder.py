"""The scaffold of a decoder: the view of an event of a contract, its YAML, and the rows of seeds
that say which logs are of the event."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hedge import addresses
from hedge.analysis.scaffold import signature as signatures
from hedge.analysis.scaffold.edits import insert
from hedge.analysis.scaffold.signature import Event
from hedge.analysis.scaffold.writing import edited, rendered, require_name, write
from hedge.errors import UsageError
from hedge.project import csv_files, files, seed_checks, template
from hedge.suggestions import did_you_mean

_CONTRACTS, _EVENTS = "seeds/chain_contracts.csv", "seeds/chain_events.csv"
_UNDECODABLE = "models/chain/log_undecodable.sql"
#: The most characters of a line of a signature.
_WIDTH = 84


@dataclass(frozen=True)
class NewDecoder:
    """What was written: the view, the event with its first topic, all files that are new or
    changed, and the columns of the parameters."""

    decoder: str
    topic0: str
    files: list[str]
    columns: list[str]


def new_decoder(
    contract: str,
    signature: str,
    tables: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    bigints: Sequence[str] = (),
    *,
    address: str | None = None,
    chain: int | None = None,
    from_block: int | None = None,
) -> NewDecoder:
    """Write the decoder of an event: the view log_CONTRACT_EVENT with its YAML, its row in the seed
    chain_events and its name in log_undecodable.

    tables are the raw tables that the event gives facts to. names are other names of columns, by
    their name in snake_case, and bigints the parameters that are bigint though their type is wider.
    With an address and a chain the contract gets a row in the seed chain_contracts, which
    it needs where the seed does not have it; from_block is its first block. An event that has a
    decoder, one whose first topic the seed knows otherwise, an unknown contract, and what is no
    signature are a UsageError, and seeds with faults a HedgeError; nothing is written. No database
    is needed.
    """
    project = template.editable()
    # several events may give facts to one table, whose view is written after their decoders
    seed_checks.require_sound(project, are_facts_made=False)
    event = signatures.read(signature)
    names = names or {}
    for name in (contract, *tables, *names.values()):
        require_name(name)
    decoder = f"log_{contract}_{signatures.snake_case(event.name)}"
    contracts = _rows(project, _CONTRACTS)
    events = _rows(project, _EVENTS)
    _require_place(contract, event, contracts, events, is_new=address is not None)
    _require_known(
        "--rename", names, [name for one in event.parameters for name, _ in one.columns()]
    )
    _require_known("--bigint", bigints, event.names)
    columns = event.columns(names)
    row = [
        *(contract, event.name, event.signature, event.topic0, str(event.topics)),
        *(" ".join(tables), decoder),
    ]
    texts = {}
    if address is None and (chain is not None or from_block is not None):
        raise UsageError("--chain and --from-block go with --address, that of a new contract")
    if address is not None:
        texts[_CONTRACTS] = _with_row(contracts, _contract(contract, address, chain, from_block))
    texts[_EVENTS] = _with_row([one for one in events if one[:2] != row[:2]], row)
    folder = "models/chain/decoders"
    words = {
        "contract": contract,
        "event": event.name,
        "decoder": decoder,
        "signature": "\n    ".join(textwrap.wrap(event.signature, _WIDTH, break_on_hyphens=False)),
        "options": [
            *([f"names={dict(names)!r}"] if names else []),
            *([f"bigints={list(bigints)!r}"] if bigints else []),
        ],
        "columns": columns,
    }
    texts[f"{folder}/{decoder}.sql"] = rendered("decoder.sql", words)
    texts[f"{folder}/{decoder}.yml"] = rendered("decoder.yml", words)
    texts[_UNDECODABLE] = edited(
        project,
        _UNDECODABLE,
        lambda text: insert(text, "{% set decoders = [\n", "    '", decoder, f"    '{decoder}',\n"),
    )
    return NewDecoder(decoder, event.topic0, write(project, texts), list(columns))


def _require_place(
    contract: str,
    event: Event,
    contracts: list[list[str]],
    events: list[list[str]],
    *,
    is_new: bool,
) -> None:
    """Raise a UsageError where the seeds do not have the contract, or have the event already."""
    known = {row[0] for row in (*contracts[1:], *events[1:])}
    if contract not in known and not is_new:
        raise UsageError(
            f"the seed chain_contracts has no contract {contract}{did_you_mean(contract, known)};"
            " give --address and --chain of a new one"
        )
    for of_contract, name, _, topic0, _, _, decoder in events[1:]:
        if (of_contract, name) != (contract, event.name):
            continue
        if decoder:
            raise UsageError(f"{name} of {contract} has the decoder {decoder} already")
        if topic0 != event.topic0:
            raise UsageError(
                f"the first topic of {name} of {contract} is {topic0} in the seed chain_events,"
                f" and that of this signature {event.topic0}"
            )


def _contract(name: str, address: str, chain: int | None, from_block: int | None) -> list[str]:
    """A row of the seed chain_contracts."""
    if chain is None:
        raise UsageError("--address goes with --chain, the number of its chain")
    first = "" if from_block is None else str(from_block)
    return [name, str(chain), addresses.stored(address), first, ""]


def _require_known(
    option: str, given: Sequence[str] | Mapping[str, str], known: Sequence[str]
) -> None:
    for name in given:
        if name not in known:
            raise UsageError(
                f"{option} {name}: the event has no such parameter{did_you_mean(name, known)}"
            )


def _rows(project: Path, path: str) -> list[list[str]]:
    """The rows of a seed, with its header."""
    return [row.values for row in csv_files.rows(files.read_text(project, path).encode())]


def _with_row(rows: list[list[str]], row: list[str]) -> str:
    """The text of a seed with a row in its place, by the first two columns."""
    place = next((i for i in range(1, len(rows)) if _place(rows[i]) > _place(row)), len(rows))
    return csv_files.text([*rows[:place], row, *rows[place:]])


def _place(row: list[str]) -> tuple[str, int, str]:
    """By contract, and by chain or event."""
    return row[0], int(row[1]) if row[1].isdecimal() else 0, row[1]

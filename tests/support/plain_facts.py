"""The facts of logs as plain Python reads them with eth-abi, in place of the views of the project.

Blocks are those of tests.support.chains and tests.support.evm, in the order of the chain.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol

import psycopg
from psycopg import sql

from tests.support import abi
from tests.support.chains import Json

NOBODY = "0x" + "00" * 20
WEI = Decimal(10) ** -18
#: The events by their first topic and the number of topics; several contracts may share one.
EVENTS = {(one.topic0, 1 + len(one.indexed), one.contract): one for one in abi.events()}

#: The columns of raw tables that are compared.
COLUMNS = {
    "metis_patrol_events": "chain_id patrol_id wallet_address difficulty fights_completed result"
    " completed_at tx_hash log_index",
    "metis_battles": "chain_id battle_id host_wallet opponent_wallet winner_wallet winner_side"
    " settings_1 settings_2 created_at completed_at",
    "tournament_matches": "tx_hash log_index chain_id tournament_id bracket_slot player_a player_b"
    " winner_wallet block_number completed_at",
    "shell_events": "tx_hash log_index chain_id wallet_address event_type source shell_amount"
    " occurred_at",
    "influence_predictions": "tx_hash log_index battle_id wallet_address action side influence"
    " voted_at",
    "pvp_matches": "realm match_id wallet_address opponent_wallet queue_type is_ranked outcome"
    " score_before score_after tx_hash log_index matched_at",
    "quest_completions": "chain_id quest_id wallet_address hero_id hero_count quest_instance_id"
    " quest_type level attempts status started_at completed_at tx_hash log_index",
    "hunting_encounters": "chain_id hunt_id tx_hash log_index block_number wallet_address"
    " hunt_data_id result hero_ids retries encountered_at",
    "hunting_drops": "tx_hash log_index chain_id hunt_id wallet_address item_address amount"
    " dropped_at",
    "jeweler_events": "tx_hash log_index wallet_address action jewel_amount cjewel_amount"
    " occurred_at",
    "lp_stake_events": "tx_hash log_index wallet_address chain_id pool_id action lp_amount"
    " occurred_at",
}
#: The fact of a log: its table, what identifies it, and what the log adds to it.
Said = tuple[str, tuple[Any, ...], Json]
DUELS = ["SOLO", "SQUAD", "WAR", "PRIVATE", "PRACTICE", "PACK"]
REALMS = {53935: "CV", 8217: "SD"}


class Block(Protocol):
    """What is read of a block."""

    @property
    def number(self) -> int: ...
    @property
    def seconds(self) -> int: ...
    @property
    def logs(self) -> tuple[Json, ...]: ...


@dataclass
class Log:
    """A log that is decoded: its parameters by name, and where it is."""

    event: abi.Event
    chain_id: int
    block: int
    at: datetime
    tx_hash: str
    index: int
    values: Json

    @property
    def place(self) -> Json:
        """What a fact that is one log has of it."""
        return {"tx_hash": self.tx_hash, "log_index": self.index, "chain_id": self.chain_id}


def decoded(chain_id: int, blocks: Iterable[Block], contracts: dict[str, bytes]) -> Iterator[Log]:
    """The logs of contracts, by their addresses, that are events of the seed."""
    names = {"0x" + address.hex(): name for name, address in contracts.items()}
    for block in blocks:
        for log in block.logs:
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            name = names.get(log["address"])
            event = EVENTS.get((topics[0], len(topics), name)) if topics and name else None
            values = event and event.decode(topics[1:], bytes.fromhex(log["data"][2:]))
            if event is None or values is None:
                continue
            parameters = [one.name for one in (*event.indexed, *event.others)]
            yield Log(
                event,
                chain_id,
                block.number,
                datetime.fromtimestamp(block.seconds, UTC),
                log["transactionHash"],
                int(log["logIndex"], 16),
                dict(zip(parameters, values, strict=True)),
            )


def facts(
    chain_id: int, blocks: Iterable[Block], contracts: dict[str, bytes]
) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of raw tables, by table, with the columns of COLUMNS."""
    found: dict[str, dict[tuple[Any, ...], Json]] = {table: {} for table in COLUMNS}
    locked: dict[str, int] = {}
    for log in decoded(chain_id, blocks, contracts):
        for table, key, row in _said(log, locked):
            # a later log of the same object says what holds
            found[table].setdefault(key, {}).update(row)
    # a patrol that has begun is none yet
    begun = found["metis_patrol_events"]
    found["metis_patrol_events"] = {key: row for key, row in begun.items() if "result" in row}
    return {
        table: sorted((_row(table, one) for one in rows.values()), key=str)
        for table, rows in found.items()
    }


def _row(table: str, row: Json) -> tuple[Any, ...]:
    return tuple(row.get(column) for column in COLUMNS[table].split())


def stored(connection: psycopg.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """What the raw tables hold, as facts() has it."""
    return {
        table: sorted(
            connection.execute(
                sql.SQL("select {} from raw.{}").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns.split())), sql.Identifier(table)
                )
            ).fetchall(),
            key=str,
        )
        for table, columns in COLUMNS.items()
    }


def _said(log: Log, locked: dict[str, int]) -> Iterator[Said]:
    """The facts that a log says something of. locked is the JEWEL of each wallet so far."""
    reader = _READERS.get((log.event.contract, log.event.name))
    if reader:
        yield from reader(log, log.values)
    elif log.event.contract == "cjewel":
        yield from _jeweler(log, log.values, locked)


def _of_log(log: Log, table: str, time: str, **row: Any) -> Said:
    """A fact that is one log."""
    return table, (log.tx_hash, log.index), log.place | {time: log.at} | row


def _patrol(log: Log, values: Json) -> Iterator[Said]:
    key = log.chain_id, values["patrolId"]
    row: Json = {"chain_id": key[0], "patrol_id": key[1]}
    if log.event.name == "PatrolCompleted":
        row |= log.place | {
            "wallet_address": values["player"],
            "fights_completed": values["fightsCompleted"],
            "result": "WIN" if values["patrolWon"] else "LOSS",
            "completed_at": log.at,
        }
    yield "metis_patrol_events", key, row


def _battle(log: Log, values: Json) -> Iterator[Said]:
    key = log.chain_id, values["battleId"]
    row: Json = {"chain_id": key[0], "battle_id": key[1]}
    if log.event.name == "BattleCompleted":
        winner = values["battleWinner"]
        row |= {"winner_wallet": None if winner == NOBODY else winner}
        row |= {"winner_side": values["winner"], "completed_at": log.at}
    else:
        row |= {"host_wallet": values["host"]}
        row |= {
            "settings_1": values["battleSettingsPt1"],
            "settings_2": values["battleSettingsPt2"],
        }
        row |= (
            {"created_at": log.at}
            if log.event.name == "BattleCreated"
            else {"opponent_wallet": values["opponent"]}
        )
    yield "metis_battles", key, row


def _vote(log: Log, values: Json) -> Iterator[Said]:
    action, side, influence = {
        "BattleSpectatorAdded": ("ADD", "winner", "influenceAdded"),
        "BattleSpectatorVoteChanged": ("CHANGE", "newWinner", "newInfluence"),
        "BattleSpectatorWithdrew": ("WITHDRAW", "winner", "influenceRemoved"),
        "BattleSpectatorRemoved": ("WITHDRAW", "", ""),
    }[log.event.name]
    yield _of_log(
        log,
        "influence_predictions",
        "voted_at",
        battle_id=values["battleId"],
        wallet_address=values["player"],
        action=action,
        side=values.get(side),
        influence=values.get(influence),
    )


def _match(log: Log, values: Json) -> Iterator[Said]:
    yield _of_log(
        log,
        "tournament_matches",
        "completed_at",
        block_number=log.block,
        tournament_id=values["tournamentId"],
        bracket_slot=values["bracketSlot"],
        player_a=values["playerA"],
        player_b=None if values["playerB"] == NOBODY else values["playerB"],
        winner_wallet=None if values["winner"] == NOBODY else values["winner"],
    )


def _shells(log: Log, values: Json) -> Iterator[Said]:
    source, amount = {
        "ShellsEarned": (None, "earnedAmount"),
        "ShellsClaimed": (None, "claimedAmount"),
        "DailyShellQuestComplete": ("DAILY_QUEST", "rewardAmount"),
        "WeeklyShellQuestComplete": ("WEEKLY_QUEST", "rewardAmount"),
        "FrequentShellQuesterComplete": ("FREQUENT_QUESTER", "rewardAmount"),
    }[log.event.name]
    yield _of_log(
        log,
        "shell_events",
        "occurred_at",
        wallet_address=values["player"],
        event_type="CLAIM" if log.event.name == "ShellsClaimed" else "EARN",
        source=source,
        shell_amount=values[amount],
    )


def _duel(log: Log, values: Json) -> Iterator[Said]:
    winner, kind, scores = (values["duel"][place] for place in (5, 9, 11))
    players = values["player1"], values["player2"]
    realm, match = REALMS[log.chain_id], str(values["duelId"])
    for number, (player, opponent) in enumerate((players, players[::-1])):
        outcomes = {player: "WIN", opponent: "LOSS", NOBODY: "DRAW"}
        row = log.place | {
            "realm": realm,
            "match_id": match,
            "wallet_address": player,
            "opponent_wallet": opponent,
            "queue_type": DUELS[kind],
            "is_ranked": DUELS[kind] not in ("PRIVATE", "PRACTICE"),
            "outcome": outcomes[winner],
            "score_before": None if number else scores[5],
            "score_after": None if number else scores[6],
            "matched_at": log.at,
        }
        yield "pvp_matches", (realm, match, player), row


def _quest(log: Log, values: Json) -> Iterator[Said]:
    _, instance, level, heroes, _, _, started, _, attempts, status, kind = values["quest"]
    key = log.chain_id, values["questId"]
    row = log.place | {
        "quest_id": key[1],
        "wallet_address": values["player"],
        "hero_id": values["heroId"],
        "hero_count": len(heroes),
        "quest_instance_id": instance,
        "quest_type": kind,
        "level": level,
        "attempts": attempts,
        "status": status,
        "started_at": datetime.fromtimestamp(started, UTC),
        "completed_at": log.at,
    }
    yield "quest_completions", key, row


def _hunt(log: Log, values: Json) -> Iterator[Said]:
    hunt = values["hunt"]
    row = log.place | {
        "block_number": log.block,
        "hunt_id": values["huntId"],
        "wallet_address": hunt[4],
        "hunt_data_id": hunt[1],
        "result": "WIN" if values["huntWon"] else "LOSS",
        "hero_ids": list(values["heroIds"]),
        "retries": hunt[9],
        "encountered_at": log.at,
    }
    yield "hunting_encounters", (log.chain_id, values["huntId"]), row


def _drop(log: Log, values: Json) -> Iterator[Said]:
    yield _of_log(
        log,
        "hunting_drops",
        "dropped_at",
        hunt_id=values["huntId"],
        wallet_address=values["player"],
        item_address=values["item"],
        amount=values["amount"],
    )


def _lp(log: Log, values: Json) -> Iterator[Said]:
    yield _of_log(
        log,
        "lp_stake_events",
        "occurred_at",
        wallet_address=values["user"],
        pool_id=values["pid"],
        action=log.event.name.upper(),
        lp_amount=values["amount"] * WEI,
    )


def _jeweler(log: Log, values: Json, locked: dict[str, int]) -> Iterator[Said]:
    if log.event.name == "Deposit":
        wallet, total = values["provider"], values["user"][0]
        jewel, cjewel = total - locked.get(wallet, 0), values["govTokenReceived"]
        locked[wallet] = total
        yield _of_log(
            log,
            "jeweler_events",
            "occurred_at",
            wallet_address=wallet,
            action="DEPOSIT",
            jewel_amount=jewel * WEI,
            cjewel_amount=cjewel * WEI,
        )


_READERS: dict[tuple[str, str], Callable[[Log, Json], Iterator[Said]]] = {
    **{("pvp_diamond", name): _patrol for name in ("PatrolStarted", "PatrolCompleted")},
    **{
        ("pvp_diamond", name): _battle
        for name in ("BattleCreated", "BattleAccepted", "BattleCompleted")
    },
    **{
        ("pvp_diamond", f"BattleSpectator{what}"): _vote
        for what in ("Added", "VoteChanged", "Withdrew", "Removed")
    },
    **{
        ("pvp_diamond", name): _shells
        for name in (
            *("ShellsEarned", "ShellsClaimed", "DailyShellQuestComplete"),
            *("WeeklyShellQuestComplete", "FrequentShellQuesterComplete"),
        )
    },
    ("pvp_diamond", "TournamentMatch"): _match,
    ("dfk_duel", "DuelCompleted"): _duel,
    ("quest_core", "QuestCompleted"): _quest,
    ("hunts_diamond", "HuntCompleted"): _hunt,
    ("hunts_diamond", "HuntRewardMinted"): _drop,
    **{("lp_staking_diamond", name): _lp for name in ("Deposit", "Withdraw")},
}

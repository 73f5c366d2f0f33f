"""Values of files and what has to become of each, whatever the format and the server.

A case is a value of one column in a row that is valid otherwise. `stored` is what the column holds
then, as PostgreSQL writes it; None where the row is rejected, and `reason` is why. A test of a
format that cannot write a value leaves the case out.
"""

from typing import NamedTuple

ALICE = "0x" + "a" * 40
HASH = "0x" + "f" * 64
LARGEST = 2**256 - 1

#: A valid row of each table that the cases are about.
ROWS = {
    "hero_summons": {
        "chain_id": "1",
        "hero_id": "7",
        "summoner_wallet": ALICE,
        "stat_genes": "5",
        "summoned_at": "2025-10-01T00:00:00Z",
    },
    "hunting_drops": {
        "tx_hash": HASH,
        "log_index": "0",
        "chain_id": "1",
        "hunt_id": "7",
        "wallet_address": ALICE,
        "item_address": ALICE,
        "amount": "5",
        "dropped_at": "2025-10-01T00:00:00Z",
    },
    "hunting_encounters": {
        "chain_id": "1",
        "hunt_id": "7",
        "wallet_address": ALICE,
        "hunt_data_id": "1",
        "result": "WIN",
        "hero_ids": "{}",
        "encountered_at": "2025-10-01T00:00:00Z",
    },
    "jeweler_events": {
        "tx_hash": HASH,
        "log_index": "0",
        "wallet_address": ALICE,
        "action": "DEPOSIT",
        "jewel_amount": "1",
        "cjewel_amount": "1",
        "occurred_at": "2025-10-01T00:00:00Z",
    },
    "pvp_matches": {
        "realm": "DFK",
        "match_id": "7",
        "wallet_address": ALICE,
        "is_ranked": "true",
        "outcome": "WIN",
        "hero_deaths": "0",
        "score_before": "1",
        "tx_hash": HASH,
        "matched_at": "2025-10-01T00:00:00Z",
    },
    "token_prices_daily": {"price_date": "2025-10-01", "token": "JEWEL", "usd_price": "1"},
    "tournament_entries": {
        "chain_id": "1",
        "tournament_id": "7",
        "wallet_address": ALICE,
        "is_official": "true",
        "final_rank": "1",
        "registered_at": "2025-10-01T00:00:00Z",
    },
}


class Case(NamedTuple):
    """A value, and what has to become of it."""

    column: str
    given: str
    stored: str | None = None
    reason: str = ""

    @property
    def table(self) -> str:
        """The table of the column, with whose name the column begins."""
        return self.column.partition(".")[0]

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.column.partition(".")[2]

    @property
    def row(self) -> dict[str, str]:
        """The whole row."""
        return ROWS[self.table] | {self.name: self.given}

    @property
    def sentence(self) -> str:
        """The reason with which the row is rejected."""
        rule = self.reason.startswith("is 0x") or self.reason.endswith(
            (" or more", "2^256 - 1", "bytes long", "DRAW")
        )
        said = f"breaks the rule: {self.name} {self.reason}" if rule else self.reason
        return f"{self.name} '{self.given[:80]}' {said}"


def _same(column: str, *given: str) -> list[Case]:
    """Values that are stored as they are."""
    return [Case(column, one, one) for one in given]


def _as(column: str, stored: str, *given: str) -> list[Case]:
    """Spellings of one value."""
    return [Case(column, one, stored) for one in given]


def _rejected(column: str, reason: str, *given: str) -> list[Case]:
    """Values that are rejected for one reason."""
    return [Case(column, one, None, reason) for one in given]


_NO_DECIMAL = (
    *("many", "", " ", "0xDBBA7", "0X1f", "0b101", "0o17", "1_000", "1,000", "1 000", "1-2", "--1"),
    *("NaN", "nan", "Infinity", "-inf", "1e", "e3", ".", "1.2.3", "\u0661\u0662", "1e99999"),
)
_AMOUNT, _JEWEL, _GENES = (
    "hunting_drops.amount",
    "jeweler_events.jewel_amount",
    ("hero_summons.stat_genes"),
)
_TIME, _LATE = "hunting_encounters.encountered_at", "2025-10-01 00:00:00+00"

WHOLE = [
    *_same(_AMOUNT, "0", "1", "9" * 38),
    *_same(_GENES, "9007199254740993", str(LARGEST)),
    *_same("hero_summons.hero_id", "0", str(2**63 - 1)),
    *_same("pvp_matches.hero_deaths", "32767"),
    *_as(_AMOUNT, "7", "+7", "007", " 7", "7\t", "7.0", "7.", "7.000", "70e-1", "7.0E+0"),
    *_as(_GENES, "7000", "7.000e3", "7.0000E+3", "7000"),
    *_as("hero_summons.hero_id", "7", "7.0", " 7 ", "0000007"),
    *_as(_AMOUNT, "0", "-0", "0.0", "0e0", "0E-18"),
    *_rejected(_AMOUNT, "is not a whole number", "0.4", "1.5", "1e-3", "-0.4", "5.7"),
    *_rejected("hero_summons.hero_id", "is not a whole number", "0.4", "1e-3", "-0.4"),
    *_rejected("pvp_matches.hero_deaths", "is not a whole number", "0.5", "1.000001"),
    *(
        case
        for column in (_AMOUNT, "hero_summons.hero_id", "pvp_matches.hero_deaths")
        for case in _rejected(
            column, "is in exponent form, and its digits do not reach the units", "7e3", "1.5E+2"
        )
    ),
    *_rejected(
        _GENES,
        "is in exponent form, and its digits do not reach the units",
        *("1.0033E+76", "7E+3", "9.63e+20", "0e5"),
    ),
    *_rejected(_AMOUNT, "has more than 38 digits", "1" + "0" * 38, "9" * 2000),
    *_rejected("pvp_matches.hero_deaths", "is out of the range of smallint", "32768", "-32769"),
    *_rejected("hero_summons.hero_id", "is out of the range of bigint", str(2**63)),
    *_rejected("hero_summons.chain_id", "is out of the range of integer", str(2**31)),
    *(
        case
        for column in (_AMOUNT, "hero_summons.hero_id", "pvp_matches.hero_deaths")
        for case in _rejected(column, "is not a decimal number", *_NO_DECIMAL)
    ),
]

DECIMALS = [
    *_as(_JEWEL, "1.500000000000000000", "1.5", "1.50", "+1.5", "01.5", "1.5" + "0" * 30),
    *_as(_JEWEL, "0.500000000000000000", ".5", " 0.5"),
    *_as(_JEWEL, "0.000000000000000001", "0." + "0" * 17 + "1", "1e-18", "1.0E-18"),
    *_as(_JEWEL, "0.000000000000000000", "0", "0E-18", "0." + "0" * 40),
    *_same(_JEWEL, "9" * 20 + "." + "9" * 18),
    *_rejected(_JEWEL, "has more than 18 decimals", "0." + "0" * 18 + "1", "1." + "1" * 19),
    *_rejected(_JEWEL, "has more than 18 decimals", "1e-19"),
    *_rejected(
        _JEWEL,
        "is in exponent form, and its digits do not reach the 18th decimal",
        *("9.63e+20", "1e-3", "1.5e-7", "0e0"),
    ),
    *_rejected(_JEWEL, "has more than 20 digits before the point", "1" + "0" * 20),
    *_rejected(_JEWEL, "is not a decimal number", *_NO_DECIMAL),
    *_rejected("token_prices_daily.usd_price", "has more than 12 decimals", "0.0000000000001"),
]

RANGES = [
    *_rejected(_AMOUNT, "is 0 or more", "-1", "-1.0", "-100e-2"),
    *_rejected(_JEWEL, "is 0 or more", "-0.000000000000000001"),
    *_rejected("hero_summons.hero_id", "is 0 or more", "-1"),
    *_rejected("pvp_matches.score_before", "is 0 or more", "-1"),
    *_rejected("pvp_matches.hero_deaths", "is 0 or more", "-1"),
    *_rejected("token_prices_daily.usd_price", "is 0 or more", "-0.1"),
    *_rejected("hero_summons.chain_id", "is 1 or more", "0", "-1"),
    *_rejected("tournament_entries.final_rank", "is 1 or more", "0"),
    *_rejected(_GENES, "is 0 to 2^256 - 1", "-1", str(LARGEST + 1)),
    *_rejected("pvp_matches.match_id", "is at most 512 bytes long", "1" * 513),
]

HEXADECIMAL = [
    *_as("hunting_drops.tx_hash", "0x" + "ab" * 32, "0x" + "ab" * 32, "0x" + "AB" * 32),
    *_as("hunting_drops.tx_hash", "0x" + "ab" * 32, "ab" * 32, "AB" * 32, "0X" + "aB" * 32),
    *_as("hunting_drops.tx_hash", "0x" + "ab" * 32, " 0x" + "ab" * 32 + "\t"),
    *_as("pvp_matches.tx_hash", "0x" + "ab" * 32, "AB" * 32),
    *_as("hunting_drops.item_address", "0x" + "ab" * 20, "ab" * 20, "0X" + "AB" * 20),
    *_as("hunting_drops.wallet_address", "0x" + "ab" * 20, "AB" * 20 + " "),
    *_rejected(
        "hunting_drops.tx_hash",
        "is 0x and 64 lower-case hex digits",
        *("0x1", "0x" + "ab" * 31, "ab" * 33, "0x" + "xy" * 32, "0x0x" + "ab" * 31, "", ALICE),
        HASH[:33] + " " + HASH[33:],
    ),
    *_rejected(
        "hunting_drops.item_address",
        "is 0x and 40 lower-case hex digits",
        *("0x1", HASH, "0x" + "g" * 40, ""),
    ),
]

TEXTS = [
    *_same("pvp_matches.match_id", " 7", "0xAB", "", "1.0", "NaN"),
    *_as("pvp_matches.outcome", "WIN", "WIN", " WIN", "WIN\t"),
    *_rejected("pvp_matches.outcome", "is WIN, LOSS or DRAW", "win", "W IN", ""),
    *_as("pvp_matches.is_ranked", "true", "true", "TRUE", "t", "1", "yes", " true "),
    *_as("pvp_matches.is_ranked", "false", "false", "F", "0", "no"),
    *_rejected("pvp_matches.is_ranked", "is not a boolean", "2", "maybe", ""),
    *_same("hunting_encounters.hero_ids", "{}", "{1,2,3}", "{1,NULL,3}"),
    *_as("hunting_encounters.hero_ids", "{1,2}", "{1, 2}", '{"1","2"}', "{1.0,2}", " {1,2} "),
    *_rejected(
        "hunting_encounters.hero_ids",
        "is not a list of whole numbers",
        *("{1.5}", "{0x1F}", "{1_0}", "1,2", "{1,2", "{9223372036854775808}", "{NaN}", "{1,,2}"),
    ),
    *_rejected("hunting_encounters.hero_ids", "is a list of numbers of 0 or more", "{1,-2}"),
    *_rejected("hunting_encounters.hero_ids", "is a list of numbers of 0 or more", "{{1},{2}}"),
]

TIMES = [
    *_as(_TIME, _LATE, "2025-10-01T00:00:00Z", "2025-10-01 00:00:00", "2025-10-01T00:00"),
    *_as(_TIME, _LATE, "2025-10-01 00:00:00.000 UTC", "2025-10-01 00:00:00 UTC"),
    *_as(_TIME, _LATE, "2025-10-01T00:00:00.000Z", "2025-10-01 00:00:00+00", " 2025-10-01T00:00Z"),
    *_as(_TIME, _LATE, "2025-10-01 05:30:00+05:30", "2025-10-01 02:00:00.000 +0200"),
    *_as(_TIME, _LATE, "1759276800", "1759276800000", "2025-10-01T00:00:00.000000000Z"),
    *_as(_TIME, "2025-10-01 00:00:00.123+00", "1759276800123", "2025-10-01T00:00:00.123Z"),
    *_as(_TIME, "2025-10-01 00:00:00.123456+00", "2025-10-01T00:00:00.123456000Z"),
    *_rejected(
        _TIME,
        "has more than 6 decimals of a second",
        *("2025-10-01T00:00:00.123456789Z", "2025-10-01 00:00:00.0000001 UTC"),
    ),
    *_rejected(_TIME, "is a day and no time: its midnight is 2025-10-01T00:00Z", "2025-10-01"),
    *_rejected(
        _TIME,
        "is not an ISO 8601 time",
        *("10/01/2025 00:00", "now", "infinity", "", "17592768000", "1759276800.5"),
        *("175927680", "1759276800000000", "0000000000", "-1759276800", "2025-02-30T00:00Z"),
        *("2025-10-01T25:00Z", "2025-10-01 00:00:00 CET", "12025-10-01T00:00:00Z", "20251001"),
        *("2025-10-01T00:00:00+99:00", "0000-01-01T00:00:00Z", "2025-10-01 00:00:00 BC"),
    ),
    *_as("token_prices_daily.price_date", "2025-10-01", "2025-10-01", "2025-10-01T00:00:00Z"),
    *_as("token_prices_daily.price_date", "2025-10-01", "2025-10-01 00:00:00.000 UTC"),
    *_as("token_prices_daily.price_date", "2025-10-01", "1759276800", " 2025-10-01"),
    *_rejected(
        "token_prices_daily.price_date",
        "is not an ISO 8601 date",
        *("2025-10-01T00:00:01Z", "01/10/2025", "2025-02-30", "today", "12025-10-01", "20251001"),
    ),
]

CASES = [*WHOLE, *DECIMALS, *RANGES, *HEXADECIMAL, *TEXTS, *TIMES]


class Direct(NamedTuple):
    """A value that another program inserts, written as SQL.

    `outcome` is what is stored, the constraint that refuses it, or `no value of its type`.
    """

    column: str
    written: str
    outcome: str

    @property
    def table(self) -> str:
        """The table of the column."""
        return self.column.partition(".")[0]

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.column.partition(".")[2]


_NO_VALUE = "no value of its type"
_HASH_RULE = "tx_hash is 0x and 64 lower-case hex digits"

DIRECT = [
    # what a constraint can see
    *(Direct(_AMOUNT, one, "amount is 0 or more") for one in ("-1", "'NaN'", "'-5'")),
    *(Direct(_JEWEL, one, "jewel_amount is 0 or more") for one in ("-0.1", "'NaN'")),
    Direct("hero_summons.hero_id", "-1", "hero_id is 0 or more"),
    Direct("hero_summons.chain_id", "0", "chain_id is 1 or more"),
    Direct("tournament_entries.final_rank", "0", "final_rank is 1 or more"),
    Direct(_GENES, str(LARGEST + 1), "stat_genes is 0 to 2^256 - 1"),
    Direct(_GENES, "'NaN'", "stat_genes is 0 to 2^256 - 1"),
    *(
        Direct("hunting_drops.tx_hash", f"'{one}'", _HASH_RULE)
        for one in ("", "0x1", "0x" + "AB" * 32, "ab" * 32, ALICE, "0x" + "ab" * 32 + " ")
    ),
    Direct("pvp_matches.tx_hash", f"'{'AB' * 32}'", _HASH_RULE),
    Direct("hunting_encounters.hero_ids", "'{-1}'", "hero_ids is a list of numbers of 0 or more"),
    Direct("pvp_matches.outcome", "' WIN'", "outcome is WIN, LOSS or DRAW"),
    Direct("token_prices_daily.price_date", "'infinity'", "price_date is a finite date"),
    # what the type cannot hold
    Direct(_AMOUNT, "'Infinity'", _NO_VALUE),
    Direct(_AMOUNT, "1" + "0" * 38, _NO_VALUE),
    Direct("pvp_matches.hero_deaths", "32768", _NO_VALUE),
    Direct("hero_summons.hero_id", "'0.4'", _NO_VALUE),
    # What PostgreSQL has rounded before a constraint can see it: the duty of the writer.
    Direct("hero_summons.hero_id", "0.4", "0"),
    Direct("pvp_matches.hero_deaths", "1.5", "2"),
    Direct(_AMOUNT, "0.4", "0"),
    Direct(_AMOUNT, "'0.4'", "0"),
    Direct(_AMOUNT, "-0.4", "0"),
    Direct(_JEWEL, "0.1234567890123456789", "0.123456789012345679"),
    Direct(_GENES, "1.0033E+76", "10033" + "0" * 72),
    Direct(_TIME, "'2025-10-01T00:00:00.1234567Z'", "2025-10-01 00:00:00.123457+00"),
]

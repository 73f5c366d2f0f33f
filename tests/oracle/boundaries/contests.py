"""Both sides of each rule of player-versus-player matches and of tournaments."""

from datetime import timedelta

from ..instants import DAY, TICK
from .town import RECENTLY, STRANGER, Home, Town

HOUR = timedelta(hours=1)


def streak(home: Home, outcomes: str, **columns: object) -> None:
    """Ranked matches, an hour apart, by the letters of their outcomes; w, l, d: unranked."""
    names = {"W": "WIN", "L": "LOSS", "D": "DRAW"}
    for number, letter in enumerate(outcomes):
        home.put(
            "pvp_matches",
            RECENTLY + number * HOUR,
            outcome=names[letter.upper()],
            is_ranked=letter.isupper(),
            # the ids go the other way
            match_id=f"{home.name} {chr(ord('z') - number)}",
            **columns,
        )


def matches(town: Town) -> None:
    """Outcomes, ranks, deaths, streaks."""
    for outcomes in (
        *("W", "L", "D", "w", "WW", "WL", "LW", "WD", "WLW", "WlW", "WdW", "WwW"),
        *("WDWW", "WWLW", "WWDWL", "LWWLWWW", "LLWWW", "WWWL", "WWLWWLW"),
    ):
        streak(town.home(f"matches {outcomes}"), outcomes)
    for outcome in ("WIN", "LOSS", "DRAW"):
        for ranked in (True, False):
            for deaths in (0, 1, None):
                home = town.home(f"a {outcome} with {deaths} deaths, ranked: {ranked}")
                home.put("pvp_matches", outcome=outcome, is_ranked=ranked, hero_deaths=deaths)
    home = town.home("a flawless victory among others")
    for number, (outcome, deaths) in enumerate(
        (("WIN", 2), ("WIN", 0), ("WIN", 1), ("LOSS", 0), ("WIN", 3))
    ):
        at = RECENTLY + number * HOUR
        home.put("pvp_matches", at, outcome=outcome, hero_deaths=deaths)
    home = town.home("matches of an instant are ordered by realm")
    for realm, match_id, outcome in (
        ("A", "2", "WIN"),
        ("A", "9", "LOSS"),
        ("B", "1", "WIN"),
        ("B", "3", "WIN"),
    ):
        home.put("pvp_matches", realm=realm, match_id=f"{match_id} order", outcome=outcome)
    home = town.home("matches of an instant and realm are ordered by id")
    for match_id, outcome in (("3", "WIN"), ("1", "WIN"), ("2", "LOSS"), ("10", "WIN")):
        home.put("pvp_matches", realm="C", match_id=match_id, outcome=outcome)
    home = town.home("one match id in two realms")
    for realm in ("D", "E"):
        home.put("pvp_matches", realm=realm, match_id="1")


def own_matches(town: Town) -> None:
    """Matches within a cluster do not count, whichever rows tell of them."""
    home = town.home("a match of a wallet against itself")
    home.put("pvp_matches", opponent_wallet=home.wallet)
    home = town.home("a match of two wallets with one row")
    home.put("pvp_matches", opponent_wallet=home.another_wallet())
    home = town.home("a match of two wallets with two rows that name nobody")
    for wallet, outcome in ((home.wallet, "WIN"), (home.another_wallet(), "LOSS")):
        home.put("pvp_matches", wallet_address=wallet, match_id="own", outcome=outcome)
    home = town.home("a match of two wallets in two windows")
    other = home.another_wallet()
    home.put("pvp_matches", RECENTLY, match_id="long")
    home.put("pvp_matches", RECENTLY - 400 * DAY, wallet_address=other, match_id="long")
    home = town.home("a match against a wallet that has left")
    home.put("pvp_matches", opponent_wallet=home.another_wallet(active=False))
    home = town.home("matches of two wallets against others")
    other = home.another_wallet()
    home.put("pvp_matches", RECENTLY)
    home.put("pvp_matches", RECENTLY + HOUR, wallet_address=other, opponent_wallet=STRANGER)
    one, two = town.home("one side of a match"), town.home("the other side of a match")
    one.put("pvp_matches", match_id="both", opponent_wallet=two.wallet)
    two.put("pvp_matches", match_id="both", opponent_wallet=one.wallet, outcome="LOSS")
    home = town.home("an own match does not break a streak")
    home.put("pvp_matches", RECENTLY)
    home.put("pvp_matches", RECENTLY + HOUR, outcome="LOSS", opponent_wallet=home.wallet)
    home.put("pvp_matches", RECENTLY + 2 * HOUR)


def tournament_matches(town: Town) -> None:
    """Won, lost, byes, matches within a cluster, and unknown winners."""
    for name, columns in {
        "a match won as the first player": {},
        "a match lost as the first player": {"winner_wallet": STRANGER},
        "a match without a winner": {"winner_wallet": None},
        "a match that somebody else won": {"winner_wallet": "0x" + "fe" * 20},
        "a bye": {"player_b": None},
    }.items():
        home = town.home(name)
        home.put("tournament_matches", **columns)
        home.put("tournament_matches", **columns)
    for name, winner in {"won": True, "lost": False}.items():
        home = town.home(f"a match {name} as the second player")
        home.put(
            "tournament_matches",
            player_a=STRANGER,
            player_b=home.wallet,
            winner_wallet=home.wallet if winner else STRANGER,
        )
    home = town.home("a tournament match of two wallets")
    home.put("tournament_matches", player_b=home.another_wallet())
    home = town.home("a tournament match of a wallet against itself")
    home.put("tournament_matches", player_b=home.wallet)
    home = town.home("a tournament match against a wallet that has left")
    home.put("tournament_matches", player_b=home.another_wallet(active=False))
    one, two = town.home("one side of a tournament match"), town.home("the other side of one")
    town.put("tournament_matches", own=one.wallet, player_b=two.wallet)


def tournament_entries(town: Town) -> None:
    """Registered or only played, official or not, and ranks."""
    for official in (True, False):
        for rank in (1, 2, 3, 4, None):
            home = town.home(f"a tournament with rank {rank}, official: {official}")
            home.put("tournament_entries", is_official=official, final_rank=rank)
        home = town.home(f"registered and played, official: {official}")
        entry = home.put("tournament_entries", is_official=official)
        home.put("tournament_matches", tournament_id=entry["tournament_id"])
        home = town.home(f"registered later and played now, official: {official}")
        entry = home.put("tournament_entries", RECENTLY + 400 * DAY, is_official=official)
        home.put("tournament_matches", tournament_id=entry["tournament_id"])
        home = town.home(f"registered elsewhere and played here, official: {official}")
        number = home.put("tournament_entries", is_official=official, chain_id=53935)
        home.put("tournament_matches", tournament_id=number["tournament_id"])
        home = town.home(f"registered for one and played another, official: {official}")
        home.put("tournament_entries", is_official=official)
        home.put("tournament_matches")
        home = town.home(f"one wallet registered and the other played, official: {official}")
        number = home.put("tournament_entries", is_official=official)["tournament_id"]
        other = home.another_wallet()
        home.put("tournament_matches", tournament_id=number, player_a=other, winner_wallet=other)
    for rows in ((), (True,), (False,), (True, False), (False, True), (False, False)):
        said = ", ".join(map(str, rows)) or "nothing"
        others = [
            town.home(f"number {number} of those whose rows say {said}")
            for number in range(len(rows))
        ]
        home = town.home(f"played in a tournament of which the rows of others say {said}")
        number = home.put("tournament_matches")["tournament_id"]
        for other, official in zip(others, rows, strict=True):
            other.put(
                "tournament_entries", tournament_id=number, is_official=official, final_rank=1
            )
        home = town.home(f"played on another chain, of which the rows of others say {said}")
        home.put("tournament_matches", tournament_id=number, chain_id=53935)
        home = town.home(f"a bye in a tournament of which the rows of others say {said}")
        home.put("tournament_matches", tournament_id=number, player_b=None)
    home = town.home("two wallets in one tournament")
    number = home.put("tournament_entries")["tournament_id"]
    home.put("tournament_entries", tournament_id=number, wallet_address=home.another_wallet())
    home = town.home("one number of two chains")
    number = home.put("tournament_entries")["tournament_id"]
    home.put("tournament_entries", tournament_id=number, chain_id=53935)
    home = town.home("the first match is the entry")
    number = home.put("tournament_matches", RECENTLY - 400 * DAY)["tournament_id"]
    home.put("tournament_matches", RECENTLY, tournament_id=number)
    home = town.home("a first match of two wallets is each wallet's own")
    other = home.another_wallet()
    number = home.put("tournament_matches", RECENTLY - 400 * DAY)["tournament_id"]
    home.put("tournament_matches", tournament_id=number, player_a=other, winner_wallet=other)
    home = town.home("first matches of two tournaments")
    home.put("tournament_matches", RECENTLY - 400 * DAY)
    home.put("tournament_matches", RECENTLY)
    home = town.home("first matches on two chains")
    number = home.put("tournament_matches", RECENTLY - 400 * DAY)["tournament_id"]
    home.put("tournament_matches", RECENTLY, tournament_id=number, chain_id=53935)
    home = town.home("the first match is within the cluster")
    number = home.put("tournament_matches", RECENTLY - 400 * DAY, player_b=home.another_wallet())[
        "tournament_id"
    ]
    home.put("tournament_matches", RECENTLY + TICK, tournament_id=number)
    home = town.home("first a bye")
    number = home.put("tournament_matches", RECENTLY - 400 * DAY, player_b=None)["tournament_id"]
    home.put("tournament_matches", RECENTLY + TICK, tournament_id=number)


CASES = (matches, own_matches, tournament_matches, tournament_entries)

"""Options that exclude each other, or need each other: the refusal, and what is accepted beside."""

import shlex
from typing import Any

import pytest

from hedge import (
    backups,
    boards,
    buckets,
    doctor,
    loading,
    pull_requests,
    runs,
    seasons,
    webhooks,
)
from hedge.analysis import documentation, exclusion_preview
from hedge.analysis import explain as explaining
from hedge.chain import loading as chain_loading
from hedge.chain import running
from hedge.errors import HedgeError
from hedge.exclusions import suspects
from hedge.ids import LARGEST_INTEGER
from tests import Hedge
from tests.unit.commands import failing

WHAT = "name what to exclude: one of --cluster, --wallet and --fact"
WHERE = "name one of --metric, --board and --season, or none for everything"
ACCEPTED_FROM = "name one of --metric, --board, --season and --everything"
END = "no effect with --end: leave"
UNCHECKED = "--unchecked has no effect without --state live: leave it out"
NO_REJECTS = "--max-rejected has no effect with --strict, which takes no rejected row: leave it out"
ADD = "exclusions preview"
BOARDS = "name boards, or give one of --due and --pending"
PERIODS = "choose one of --from with --to, --previous and --due"
PENDING = (
    "--pending computes the board runs as they were requested:"
    " it takes no --from, --to, --previous and --as-of"
)
FOLLOWED = "--from and --until-head go with --chain"
MAY = "--from 2026-05-01 --to 2026-06-01"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            "boards add wins --window monthly --category pvp_competition",
            "board wins has nothing to rank by: give --metric or --key",
        ),
        ("boards edit wins", "no field of board wins to change is given"),
        ("boards run", BOARDS),
        ("boards run wins --due", BOARDS),
        ("boards run --due --pending", BOARDS),
        ("boards run wins --from 2026-05-01", "a period has both --from and --to"),
        ("boards run wins --to 2026-05-01", "a period has both --from and --to"),
        (f"boards run wins --previous {MAY}", PERIODS),
        ("boards run wins --previous --from 2026-05-01", PERIODS),
        ("boards run --due --to 2026-05-01", PERIODS),
        ("boards run --due --previous", PERIODS),
        (f"boards run --due {MAY}", PERIODS),
        (f"boards run --pending {MAY}", PENDING),
        ("boards run --pending --previous", PENDING),
        ("boards run --pending --as-of 2026-05-01", PENDING),
        ("seasons run may --due", "--due takes no season, not 'may': it finds those that are due"),
        (ADD, WHAT),
        (f"{ADD} --cluster busy --wallet 0x{'1' * 40}", WHAT),
        (f"{ADD} --cluster busy --fact pvp_matches --fact match_id=1", WHAT),
        (f"{ADD} --cluster busy --metric onchain_pvp.wins --board wins", WHERE),
        (f"{ADD} --cluster busy --board wins --season may", WHERE),
        (
            f"{ADD} --fact pvp_matches --fact match_id",
            "'match_id' is not COLUMN=VALUE, such as match_id=1",
        ),
        (f"{ADD} --end 3 --cluster busy", END),
        (f"{ADD} --end 3 --metric onchain_pvp.wins", END),
        (f"{ADD} --end 3 --until 2026-05-01", END),
        (f"{ADD} --end 3 --fact pvp_matches", END),
        (f"{ADD} --end 3 --reason why", f"--reason has {END} it out"),
        (f"{ADD} --reason why --board wins --end 3", f"--reason and --board have {END} them out"),
        # the value that it has by default is given, too
        ("etl status 3 --limit 10", "--limit has no effect with the number of a run: leave it out"),
        ("seasons show may --cluster busy --limit 3", "--limit has no effect with --cluster"),
        ("seasons edit may --name May --unchecked", UNCHECKED),
        ("seasons edit may --state draft --unchecked", UNCHECKED),
        ("boards edit wins --name Wins --unchecked", UNCHECKED),
        ("boards edit wins --unchecked --state RETIRED", UNCHECKED),
        ("db backup - --json", "--json has no effect with standard output: leave it out"),
        ("db backup - --json --replace", "--replace and --json have no effect with standard"),
        ("db buckets --dry-run", "--dry-run has no effect without a number of buckets"),
        ("ci --url postgresql:///x --seed 1", "--seed has no effect with --url: leave it out"),
        ("ci --url postgresql:///x --seed 2 --clusters 3", "--clusters and --seed have no effect"),
        ("docs --build-only folder --port 1", "--port has no effect with --build-only"),
        ("doctor --list --sample 3", "--sample has no effect with --list: leave it out"),
        ("doctor server --sample 3", "--sample has no effect without the check marts"),
        ("load heroes - --strict --max-rejected 1", NO_REJECTS),
        ("load chain_logs - --strict --max-rejected 50", NO_REJECTS),
        ("load heroes - --reason ''", "--forget and --reason go with --remove"),
        ("load chain_logs - --reason ''", "chain_logs takes only --chain, --strict"),
        ("exclusions suspects accept 5f0c --everything --board wins", ACCEPTED_FROM),
        ("exclusions suspects accept 5f0c --metric a.b --season may", ACCEPTED_FROM),
        (
            f"explain busy arena_victor --between {MAY.split()[1]} {MAY.split()[3]} --sql",
            "--between takes neither --window nor --sql",
        ),
        (
            "explain busy arena_victor --between 2026-05-01 2026-06-01 --window season:may",
            "--between takes neither --window nor --sql",
        ),
        (
            "chain follow",
            "no chain has a node: set HEDGE_CHAIN_URL_<number> to the URL of one",
        ),
        ("rewards define may --only", "--only needs a file of rewards"),
        ("chain follow --from 1", FOLLOWED),
        ("chain follow --until-head", FOLLOWED),
        ("load chain_logs - --chain 0", "--chain 0 is no chain: it is a number from 1 to "),
        (
            f"load chain_logs - --chain {LARGEST_INTEGER + 1}",
            f"it is a number from 1 to {LARGEST_INTEGER}",
        ),
        ("load chain_logs - --remove", "takes only --chain, --strict, --max-rejected and --json"),
        ("webhooks replay 3", "name deliveries, or all that were given up with --failed"),
        ("webhooks replay 3 7 --failed", "name deliveries, or all that were given up with"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    hedge: Hedge, words: str, sentence: str
) -> None:
    status, out, err = hedge(*shlex.split(words))
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "module", "name"),
    [
        ("boards run wins", boards, "run"),
        (f"boards run wins {MAY}", boards, "run"),
        ("boards run wins --previous --as-of 2026-05-01", boards, "run"),
        ("boards run --due --as-of 2026-05-01", boards, "run"),
        ("boards run --pending", boards, "run_pending"),
        ("seasons run --due", seasons, "run_due"),
        ("seasons run may", seasons, "run"),
        (f"{ADD} --cluster busy", exclusion_preview, "of_new"),
        (f"{ADD} --wallet 0x{'1' * 40} --season may", exclusion_preview, "of_new"),
        (f"{ADD} --fact pvp_matches --fact match_id=1 --board wins", exclusion_preview, "of_new"),
        (f"{ADD} --end 3", exclusion_preview, "of_end"),
        (f"{ADD} --end 3 --json", exclusion_preview, "of_end"),
        (f"{ADD} --cluster busy --reason why", exclusion_preview, "of_new"),
        ("etl status 3", runs, "run_of_number"),
        ("etl status --limit 3", runs, "ledger"),
        ("seasons show may --limit 3", seasons, "season"),
        ("seasons show may --cluster busy", seasons, "season"),
        ("seasons edit may --state LIVE --unchecked", seasons, "edit"),
        ("boards edit wins --state Live --unchecked", boards, "edit"),
        ("db backup -", backups, "backup"),
        ("db backup file --replace --json", backups, "backup"),
        ("db buckets 2 --dry-run", buckets, "planned"),
        ("db buckets", buckets, "listed"),
        ("ci --url postgresql:///x", pull_requests, "review"),
        ("ci --clusters 3 --seed 2", pull_requests, "review"),
        ("docs --build-only folder", documentation, "build"),
        ("docs --port 0", documentation, "server"),
        ("doctor --sample 3", doctor, "examine"),
        ("doctor server marts --sample 3", doctor, "examine"),
        ("doctor server", doctor, "examine"),
        ("load heroes - --max-rejected 1", loading, "load"),
        ("load heroes - --strict", loading, "load"),
        ("exclusions suspects accept 5f0c --everything", suspects, "accept"),
        ("exclusions suspects accept 5f0c --season may", suspects, "accept"),
        ("explain busy arena_victor --window season:may --sql", explaining, "of_cluster"),
        ("chain follow --chain 7 --from 1 --until-head", running, "follow"),
        ("load chain_logs - --chain 1", chain_loading, "load"),
        (f"load chain_logs - --chain {LARGEST_INTEGER}", chain_loading, "load"),
        ("webhooks replay 3 7", webhooks, "replay"),
        ("webhooks replay 3 --failed", webhooks, "replay"),
    ],
)
def test_each_of_them_alone_is_accepted(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch, words: str, module: Any, name: str
) -> None:
    monkeypatch.setattr(module, name, failing(HedgeError(f"{name} was called")))
    assert hedge(*shlex.split(words))[2].endswith(f"hedge: {name} was called\n")

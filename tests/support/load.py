"""What players do all the time, while something happens to the processes that serve them."""

import threading
from collections import Counter

import httpx
import psycopg

from hedge import database
from tests.support.clusters import insert_cluster
from tests.support.facts import put, pvp_match

#: What every release answers without signing in.
PATHS = (
    *("/", "/leaderboards", "/leaderboards/lb_pvp_monthly_wins/latest", "/challenges"),
    *("/clusters/demo-busy/progress", "/seasons/active", "/readyz", "/healthz"),
)


class Load:
    """What players do meanwhile, in a thread: they read from every service, and link wallets."""

    def __init__(self, url: str, first: int = 0) -> None:
        """url is that of a service, first the number of the first one who comes."""
        self.urls = [url]
        self._first = first
        self.answers: Counter[tuple[str, int | str]] = Counter()
        self.linked: list[str] = []
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._act)
        self._thread.start()

    def _act(self) -> None:
        with database.connect() as connection, httpx.Client(timeout=30) as players:
            while not self._done.wait(0.3):
                self._link(connection)
                with self._lock:
                    for url in self.urls:
                        for path in PATHS:
                            self.answers[path, self._status(players, url + path)] += 1

    @staticmethod
    def _status(players: httpx.Client, url: str) -> int | str:
        try:
            return players.get(url).status_code
        except httpx.HTTPError as error:
            return repr(error)

    def _link(self, connection: psycopg.Connection) -> None:
        number = self._first + len(self.linked)
        name, wallet = f"newcomer-{number}", f"0x{0xABC000 + number:040x}"
        put(connection, pvp_match(wallet))
        insert_cluster(connection, name, wallet)
        self.linked.append(name)

    def leave(self, url: str) -> None:
        """Read no more from a service."""
        with self._lock:
            self.urls.remove(url)

    def faults(self) -> dict[tuple[str, int | str], int]:
        """The answers that are none, and how many of each."""
        assert {path for path, _ in self.answers} == set(PATHS)
        return {key: number for key, number in self.answers.items() if key[1] != 200}

    def end(self) -> None:
        """Let the players stop."""
        self._done.set()
        self._thread.join()


def are_served(connection: psycopg.Connection, names: list[str]) -> bool:
    """Whether a run has computed clusters that have won once."""
    found = connection.execute(
        "select count(*) from analytics.challenge_progress where cluster_id = any(%s)"
        " and challenge_key = 'arena_victor' and value = 1",
        [names],
    )
    return found.fetchone() == (len(names),)

"""Who is entitled to which reward, and what becomes of it: a second implementation in Python.

It is told what happens (points, links, proofs, claims, decisions, ends of runs) and keeps the state
of each reward, by the words of docs/boards-and-seasons.md.
"""

from dataclasses import dataclass, field

#: A promise: the level that it is for, or the ranks of the final standings.
Level = int
Ranks = tuple[int, int]


@dataclass
class Promise:
    """What a season gives; valid_until is an instant of the world, None for ever."""

    key: str
    level: Level | None = None
    ranks: Ranks | None = None
    valid_until: int | None = None


@dataclass
class Held:
    """A reward of a cluster: its states, the last one is that of now, and its wallets."""

    key: str
    cluster: str
    level: Level | None
    states: list[str] = field(default_factory=lambda: ["OPEN"])
    wallets: set[str] = field(default_factory=set)

    @property
    def state(self) -> str:
        return self.states[-1]

    @property
    def stands(self) -> bool:
        return self.state in ("OPEN", "CLAIMED", "FULFILLED")


@dataclass
class World:
    """Clusters with points, levels and wallets, and what they are entitled to."""

    promises: list[Promise]
    #: cluster -> (points, level)
    reached: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: wallet -> (cluster, whether it is verified)
    links: dict[str, tuple[str, bool]] = field(default_factory=dict)
    #: wallets that were unlinked after the points of the cluster were computed
    lost: dict[str, set[str]] = field(default_factory=dict)
    #: the same, since the standings were frozen
    lost_since_final: dict[str, set[str]] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    final: dict[str, int] | None = None
    is_over: bool = False

    def compute(self, cluster: str, points: int, level: int) -> None:
        """A run has stored points and level, of the wallets that are linked."""
        self.reached[cluster] = (points, level)
        self.lost[cluster] = set()

    def unlink(self, wallet: str) -> None:
        cluster, _ = self.links.pop(wallet)
        for lost in (self.lost, self.lost_since_final):
            lost.setdefault(cluster, set()).add(wallet)

    def is_disputed(self, one: Held) -> bool:
        """Whether another cluster has proven to hold a wallet that a reward rests on."""
        holders = (self.links.get(wallet) for wallet in one.wallets)
        return any(holder and holder[1] and holder[0] != one.cluster for holder in holders)

    def claim(self, one: Held, now: int) -> None:
        promise = next(each for each in self.promises if each.key == one.key)
        in_time = promise.valid_until is None or now < promise.valid_until
        if one.state == "OPEN" and in_time and not self.is_disputed(one):
            one.states.append("CLAIMED")

    def decide(self, one: Held, state: str) -> None:
        if one.state == "CLAIMED" and not self.is_disputed(one):
            one.states.append(state)

    def freeze(self) -> None:
        """The final standings: dense ranks of those with points."""
        if self.final is None:
            self.lost_since_final.clear()
            better = sorted({points for points, _ in self.reached.values() if points}, reverse=True)
            self.final = {
                cluster: better.index(points) + 1
                for cluster, (points, _) in self.reached.items()
                if points
            }

    def settle(self, now: int, *, takes_back: bool = True) -> None:
        """The end of a run over all clusters."""
        by_key = {each.key: each for each in self.promises}
        for one in self.held:
            until = by_key[one.key].valid_until
            if one.state == "OPEN" and until is not None and until <= now:
                one.states.append("LAPSED")
        for one in self.held if takes_back else ():
            if one.stands and self.is_disputed(one):
                level = self.reached.get(one.cluster, (0, 0))[1]
                if one.level is None or level < one.level or self.is_over:
                    one.states.append("TAKEN_BACK")
                    one.wallets.clear()
                else:
                    one.wallets -= {
                        wallet
                        for wallet, (cluster, proven) in self.links.items()
                        if proven and cluster != one.cluster
                    }
        for promise in self.promises:
            self._entitle(promise, now)

    def _entitle(self, promise: Promise, now: int) -> None:
        if promise.valid_until is not None and promise.valid_until <= now:
            return
        taken = {w for one in self.held if one.key == promise.key for w in one.wallets}
        candidates: dict[str, set[str]] = {}
        for cluster, (_, level) in self.reached.items():
            if promise.level is not None:
                is_reached = level >= promise.level
            else:
                assert promise.ranks is not None
                rank = (self.final or {}).get(cluster, 0)
                is_reached = promise.ranks[0] <= rank <= promise.ranks[1]
            before = [one for one in self.held if (one.key, one.cluster) == (promise.key, cluster)]
            paid = any(one.state != "TAKEN_BACK" or "FULFILLED" in one.states for one in before)
            if is_reached and not paid:
                own = {w for w, (holder, _) in self.links.items() if holder == cluster}
                lost = self.lost if promise.level is not None else self.lost_since_final
                candidates[cluster] = own | lost.get(cluster, set())
        for cluster, wallets in candidates.items():
            stronger = {
                wallet
                for wallet in wallets
                for other, theirs in candidates.items()
                if other != cluster
                and wallet in theirs
                and self._comes_first(wallet, other, cluster)
            }
            if not wallets & taken and not stronger:
                self.held.append(Held(promise.key, cluster, promise.level, wallets=set(wallets)))

    def _comes_first(self, wallet: str, one: str, other: str) -> bool:
        """Whether a wallet counts for one of two that are entitled at once: for its holder."""
        holder = self.links.get(wallet, ("", False))[0]
        return (one != holder, one) < (other != holder, other)

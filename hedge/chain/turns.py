"""Which of several sessions does what of which batch, and when.

The steps of a part (a table, or tables of which one is read for another) follow each other. Of most
tables the next step may begin when the one before it has begun: it reads logs, and writes when the
other one has committed. For that it waits in the database, where a deploy that waits for a lock of
a session is seen, so that no circle of those who wait lasts.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial

import psycopg

from hedge.chain import batches
from hedge.chain.facts import Stored
from hedge.errors import HedgeError
from hedge.queries import query

#: The first key of the advisory locks of steps.
_TURN_LOCK = 0x5475726E


class After(Enum):
    """When the next step of a part may begin."""

    ANY_TIME = "at any time"
    BEGUN = "when the one before it has begun"
    DONE = "when the one before it is done"


#: Waits until the steps before it are committed.
Wait = Callable[[], None]
#: What a step does, in a transaction of a session.
Work = Callable[[psycopg.Connection, Wait], Stored]


@dataclass(eq=False)
class Step:
    """What a session does of a batch, in a transaction. Batches and parts have numbers, by which
    the database knows it. `before`: the step of an earlier batch that it follows."""

    batch: int
    part: int
    after: After
    work: Work
    before: "Step | None" = None
    has_begun: bool = False
    is_done: bool = False
    stored: Stored = field(default_factory=Stored)
    error: Exception | None = None

    @property
    def may_begin(self) -> bool:
        """Whether what it follows has come so far."""
        if self.before is None or self.after is After.ANY_TIME:
            return True
        return self.before.is_done if self.after is After.DONE else self.before.has_begun

    def do(self, session: psycopg.Connection, begun: Callable[[], None]) -> Stored:
        """Do it in a transaction, and again where another program has inserted a fact meanwhile."""

        def once() -> Stored:
            session.execute(query("load_session"))
            batches.lock_for_another(session)
            session.execute("select pg_advisory_xact_lock(%s, %s)", self._lock)
            begun()
            return self.work(session, partial(self._wait, session))

        return batches.in_a_transaction(session, once)

    def _wait(self, session: psycopg.Connection) -> None:
        if self.before:
            session.execute("select pg_advisory_xact_lock_shared(%s, %s)", self.before._lock)

    @property
    def _lock(self) -> list[int]:
        """The key of its lock. There are fewer batches and parts than 2 to the power of 15."""
        return [_TURN_LOCK, (self.part << 15) + self.batch]


class Turns:
    """The steps of a few batches, which are added batch by batch while sessions do them."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._waiting: list[Step] = []
        #: The last step of each part.
        self._last: dict[int, Step] = {}
        self._changed = threading.Condition()
        self._are_all = False
        #: Steps of this batch and of those behind it are not begun: one has failed.
        self._limit: int | None = None

    def add(self, steps: list[Step]) -> None:
        """Let sessions do the steps of the next batch, in this order where they may."""
        with self._changed:
            for step in steps:
                step.before = self._last.get(step.part)
                self._last[step.part] = step
            self._steps += steps
            self._waiting += steps
            self._changed.notify_all()

    def end(self) -> None:
        """There are no more steps."""
        with self._changed:
            self._are_all = True
            self._changed.notify_all()

    def stop(self, batch: int = 0) -> None:
        """Let no step of a batch, or of one behind it, begin any more."""
        with self._changed:
            self._limit = batch if self._limit is None else min(batch, self._limit)
            self._changed.notify_all()

    def work(self, session: psycopg.Connection) -> None:
        """Do steps until there are no more. Where one fails, no step of its batch or of one behind
        it is begun any more."""
        try:
            while step := self._take():
                try:
                    step.stored = step.do(session, lambda: self._set(step, has_begun=True))
                except (HedgeError, psycopg.Error) as error:
                    step.error = error
                    self.stop(step.batch)
                else:
                    self._set(step, is_done=True)
        except BaseException:
            self.stop()
            raise

    def decoded(self, number: int) -> int:
        """How many of so many batches are done, up to the first of which a step is not."""
        return min((step.batch for step in self._steps if not step.is_done), default=number)

    def stored(self) -> Stored:
        """What the steps have stored. Raises what the first of those has raised that failed."""
        found = Stored()
        for step in self._steps:
            if step.error:
                raise step.error
            found += step.stored
        return found

    def _set(self, step: Step, **what: bool) -> None:
        with self._changed:
            for name, value in what.items():
                setattr(step, name, value)
            self._changed.notify_all()

    def _take(self) -> Step | None:
        """The first step that may begin; None where there will be no more."""
        with self._changed:
            while True:
                if self._limit is not None:
                    self._waiting = [one for one in self._waiting if one.batch < self._limit]
                for step in self._waiting:
                    if step.may_begin:
                        self._waiting.remove(step)
                        return step
                if not self._waiting and (self._are_all or self._limit is not None):
                    return None
                self._changed.wait()

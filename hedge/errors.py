"""Errors that a person reads: one sentence that names the wrong value."""

import errno
from collections.abc import Sequence

#: How many sentences one error lists.
MAX_LISTED = 10


class HedgeError(Exception):
    """Something went wrong; the message is one sentence for a person. Exit status 1: the same call
    can succeed when the server, another process or the data are different."""

    exit_status = 1


class UsageError(HedgeError):
    """The input names something that does not exist, or contradicts itself. Exit status 2: the same
    call is refused again."""

    exit_status = 2


class AlreadyExists(UsageError):
    """What is to be made exists. Exit status 2."""


class StateError(HedgeError):
    """What the input names exists, and is in a state in which this cannot be done: an address that
    another cluster has, an account that was merged already. Exit status 2."""

    exit_status = 2


#: Errors of the system that are no fault of the name of a file: its disk is full or broken.
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def file_error(sentence: str, error: OSError) -> HedgeError:
    """The error about a file that the input names and that cannot be read or written, with the
    reason of the system: a UsageError, unless the disk is at fault."""
    kind = HedgeError if error.errno in _OF_THE_DISK else UsageError
    return kind(f"{sentence}: {error.strerror or error}")


class DatabaseAway(HedgeError):
    """The database cannot be reached, which may be different in a moment. Exit status 1."""


class NoRunNow(HedgeError):
    """Every run is refused until something else is mended, which is no fault of what was to be
    computed. Exit status 1."""


#: SQLSTATEs, and classes of them, that say nothing about the data of a run: lost connections, lost
#: races, missing resources, an operator who intervened, errors of the system
#: (PostgreSQL's manual, appendix A).
OF_THE_SERVER = ("08", "40", "53", "55P03", "57", "58")


class DeployedFails(HedgeError):
    """The deployed project cannot be computed, so that nothing can be compared with it. Exit
    status 1."""


class RunFailed(HedgeError):
    """A run failed. sqlstates are those of the statements that failed; none where the project does
    not parse, for example. run_id is that of its row of the run ledger, where it has one. Exit
    status 1."""

    def __init__(
        self, sentence: str, sqlstates: Sequence[str] = (), run_id: int | None = None
    ) -> None:
        """Keep the SQLSTATEs and the run beside the sentence."""
        super().__init__(sentence)
        self.sqlstates = tuple(sqlstates)
        self.run_id = run_id

    @property
    def is_of_the_server(self) -> bool:
        """Whether the same run may succeed when the server is well again."""
        return bool(self.sqlstates) and all(
            state.startswith(OF_THE_SERVER) for state in self.sqlstates
        )

    @property
    def is_of_data(self) -> bool:
        """Whether the statements failed over data or definitions, and none over the server."""
        return bool(self.sqlstates) and not any(
            state.startswith(OF_THE_SERVER) for state in self.sqlstates
        )


def listed(sentences: Sequence[str], what: str = "") -> list[str]:
    """The first ten sentences, and a line with the number of the others, which what names."""
    others = len(sentences) - MAX_LISTED
    rest = [f"and {others} more {what}".rstrip()] if others > 0 else []
    return [*sentences[:MAX_LISTED], *rest]


def raise_faults(faults: Sequence[str], kind: type[HedgeError] = HedgeError) -> None:
    """Raise an error of a kind that lists faults, one per line, if there are any."""
    if faults:
        raise kind("\n".join(listed(faults)))

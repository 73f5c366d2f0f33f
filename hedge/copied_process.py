"""Work in a copy of this process, beside what the process itself does meanwhile.

The copy has everything that this process has loaded, so that it begins at once. It must not use
connections to the database that were opened before.
"""

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import TypeVar

from hedge import child_processes
from hedge.errors import HedgeError

Result = TypeVar("Result")
#: Seconds that a copy has to end by itself, after its work and after SIGTERM.
GRACE = 10


@contextlib.contextmanager
def working(work: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Do work in a copy of this process while the block runs.

    Yields a function that waits for the end of the work and returns its result or raises its
    HedgeError; both must be such that pickle takes them. The copy is told to stop by SIGTERM when
    the block ends and it has not ended, and when this process is gone.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=[work, sender], daemon=True)
    process.start()
    sender.close()

    def result() -> Result:
        try:
            found, error = receiver.recv()
        except EOFError:
            process.join()
            raise HedgeError(
                f"a process of this command ended with status {process.exitcode} before its work "
                "was done"
            ) from None
        # It still puts in order what it has shared with this one.
        process.join(GRACE)
        if error is not None:
            raise error
        done: Result = found
        return done

    try:
        with receiver:
            yield result
    finally:
        process.terminate()
        process.join(GRACE)
        process.kill()
        process.join()


def _send(work: Callable[[], Result], sender: Connection) -> None:
    child_processes.end_with_parent()
    # Who stops this process waits for its end and not for an answer.
    with sender, contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        try:
            sender.send((work(), None))
        except HedgeError as error:
            sender.send((None, error))

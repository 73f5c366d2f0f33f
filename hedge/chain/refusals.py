"""What nodes and the providers in front of them refuse: for the moment, because it is too much, or
for good. Sentences about it have no part of the URL that may be secret."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote, urlsplit

import httpx

from hedge.chain.answers import NodeError

#: Statuses of HTTP after which the same question may be answered later.
LATER = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
#: What nodes and providers say, with any code, of a key that has asked too much for the moment.
_TOO_OFTEN = re.compile(
    r"rate.?limit|too many requests|request limit|requests? per second|compute units"
    r"|exceeded its|throughput|capacity|quota|throttl|over rate|try again",
    re.IGNORECASE,
)
#: Codes of JSON-RPC that mean the same: op-geth's proxy and Alchemy, QuickNode.
_CODES_OF_TOO_OFTEN = {-32016, 429, -32007}
#: The codes of JSON-RPC for an unknown method, and for parameters that it does not take.
_UNSUPPORTED = {-32601, -32602}


#: What nodes say where the code of a contract ended a call, some with the code of any error.
_ENDED = re.compile(
    r"revert|out of gas|invalid opcode|bad instruction|invalid jump|stack (under|over)flow", re.I
)
#: What nodes say, with any code, whose database does not have the state of an old block any more.
_NO_STATE = re.compile(
    r"missing trie node|state[^.]*(?:not available|unavailable|not found|pruned|recent)"
    r"|no state available|pruned",
    re.IGNORECASE,
)


class Busy(NodeError):
    """A node does not answer for the moment; seconds is how long it wants to be left alone."""

    def __init__(self, sentence: str, seconds: float = 0.0) -> None:
        """Keep both."""
        super().__init__(sentence)
        self.seconds = seconds


class Refused(NodeError):
    """A node refuses what it was asked, which may be too much."""


class Unsupported(Refused):
    """A node does not know a method, or its parameters."""


class TooSlow(NodeError):
    """A node did not answer in time."""


class OtherChain(NodeError):
    """A node is of another chain."""


@dataclass(frozen=True)
class Failure:
    """The error that a call got in the place of a result."""

    code: int
    message: str


class Unanswered(Enum):
    """Why a call of a contract has no answer: the contract ended it itself, or the node does not
    have the state of the block any more."""

    REFUSED = "refused"
    NO_STATE = "no state"


def unanswered(failure: Failure) -> Unanswered | None:
    """Why a call of a contract failed for good; None where the node refuses it for another
    reason."""
    if failure.code == 3 or _ENDED.search(failure.message):
        return Unanswered.REFUSED
    if _NO_STATE.search(failure.message) and not _TOO_OFTEN.search(failure.message):
        return Unanswered.NO_STATE
    return None


def refusal(failure: Failure, what: str, secrets: Sequence[str]) -> NodeError:
    """The error that a failure is, in a sentence that begins with what is refused."""
    message = _without_secrets(failure.message, secrets)
    sentence = f"{what}: {message} (code {failure.code})"
    if failure.code in _CODES_OF_TOO_OFTEN or _TOO_OFTEN.search(failure.message):
        return Busy(sentence)
    # Providers refuse what is too much with this code as well.
    return (Unsupported if failure.code in _UNSUPPORTED else Refused)(sentence)


def _without_secrets(text: str, secrets: Sequence[str]) -> str:
    """What a node says, in one line; some repeat the key that they refuse."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = re.sub(r"https?://\S+", "***", text)
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= 200 else f"{line[:200]}..."


def secrets_of(url: str) -> list[str]:
    """The parts of a URL that may be secret, the longest first."""
    parts = urlsplit(url)
    pieces = [parts.username, parts.password, *parts.path.split("/"), parts.path, parts.query]
    pieces += re.split(r"[&=]", parts.query)
    known = {form for piece in pieces if piece for form in (piece, unquote(piece))}
    # short ones are words such as rpc or v2, without which a sentence is not understood
    return sorted((one for one in known if len(one) > 5), key=len, reverse=True)


def retry_after(response: httpx.Response) -> float:
    """The seconds of Retry-After, at most two minutes; 0 where it has none, or a date."""
    given = response.headers.get("Retry-After", "")
    return min(float(given), 120.0) if given.isascii() and given.isdigit() else 0.0

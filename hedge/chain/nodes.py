"""A node of a chain, asked by JSON-RPC over HTTP.

What a node refuses for the moment (too many requests, an outage) is asked again after growing
pauses. Everything else that goes wrong is a NodeError with one sentence, which names the host of
the node and no other part of its URL: paths, queries and users are keys of providers.
"""

import itertools
import random
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from hedge.chain import answers
from hedge.chain.answers import Header, NodeError, Span, UnknownBlock, WrongAnswer
from hedge.chain.refusals import (
    LATER,
    Busy,
    Failure,
    OtherChain,
    Refused,
    TooSlow,
    Unanswered,
    refusal,
    retry_after,
    secrets_of,
    unanswered,
)
from hedge.chain.rows import Log
from hedge.counting import counted

Answer = TypeVar("Answer")

#: Seconds in which a node has to connect, and to answer completely.
CONNECT_TIMEOUT, LONGEST_ANSWER = 10.0, 30.0
#: The most bytes of an answer.
LARGEST_ANSWER = 64 * 2**20
#: How often something is asked, and the seconds before the second time; the pause doubles.
ATTEMPTS, FIRST_PAUSE, LONGEST_PAUSE = 5, 0.5, 30.0
#: How many requests a batch has to begin with.
BATCH = 100
#: How many full batches in turn have to be answered before larger ones are tried.
PATIENCE = 50


class Node:
    """A node of a chain behind a URL. It is closed by close(), or as a context."""

    def __init__(
        self,
        chain: int,
        url: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        batch: int = BATCH,
    ) -> None:
        """transport and sleep take the places of the network and of pauses; batch is how many
        requests are sent at once to begin with."""
        parts = urlsplit(url)
        self.chain = chain
        self.host = parts.hostname or "?"
        self._secrets = secrets_of(url)
        self._url = url
        self._sleep = sleep
        self._batch = self._most = batch
        self._full_batches = 0
        self._ids = itertools.count(1)
        self._client = httpx.Client(
            timeout=httpx.Timeout(LONGEST_ANSWER, connect=CONNECT_TIMEOUT),
            follow_redirects=False,
            transport=transport,
            headers={"User-Agent": "Hedge"},
        )

    def __enter__(self) -> "Node":
        """The node."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """Without the URL."""
        return f"Node({self.chain}, {self.host})"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def name(self) -> str:
        """As it begins a sentence."""
        return f"the node {self.host} of chain {self.chain}"

    def require_chain(self) -> None:
        """Raise OtherChain where the node is of another chain."""
        answer = self._call("eth_chainId", [])
        said = self._read(lambda: answers.number(answer, "the chain"))
        if said != self.chain:
            raise OtherChain(
                f"{self.name} is of chain {said}: HEDGE_CHAIN_URL_{self.chain} names a wrong node"
            )

    def head(self) -> int:
        """The number of the newest block, as the node says it."""
        answer = self._call("eth_blockNumber", [])
        return self._read(lambda: answers.number(answer, "the head"))

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """The blocks of some numbers, in their order."""
        calls = [("eth_getBlockByNumber", [hex(number), False]) for number in numbers]
        found = self._calls(calls)
        return self._read(
            lambda: [
                answers.header(answer, number)
                for answer, number in zip(found, numbers, strict=True)
            ]
        )

    def logs(self, span: Span, addresses: Collection[bytes]) -> list[Log]:
        """The logs of contracts in a range, in the order of the chain. Refused and TooSlow where
        that is too much for the node."""
        wanted = _addresses(addresses)
        asked = {"fromBlock": hex(span.first), "toBlock": hex(span.last), "address": wanted}
        answer = self._call("eth_getLogs", [asked], is_heavy=True)
        return self._read(lambda: answers.logs(answer, span, addresses))

    def logs_of_blocks(
        self, headers: Sequence[Header], addresses: Collection[bytes]
    ) -> list[list[Log]]:
        """The logs of contracts in each of some blocks, asked by the hashes of the blocks, so that
        a node that does not have such a block cannot answer with nothing."""
        wanted = _addresses(addresses)
        found = self._calls(
            [
                ("eth_getLogs", [{"blockHash": f"0x{header.hash.hex()}", "address": wanted}])
                for header in headers
            ]
        )

        def read() -> list[list[Log]]:
            logs = []
            for answer, header in zip(found, headers, strict=True):
                number = header.number
                logs.append(answers.logs(answer, Span(number, number), addresses))
                if any(log.block_hash != header.hash for log in logs[-1]):
                    raise WrongAnswer(f"gives logs of another block {number} than was asked for")
            return logs

        return self._read(read)

    def calls_of_contracts(
        self, calls: Sequence[tuple[bytes, bytes, int]]
    ) -> list[bytes | Unanswered]:
        """What contracts return for calls, as (address, data, block), at the end of the block, or
        why they have no answer."""
        found = self._calls(
            [
                ("eth_call", [{"to": f"0x{to.hex()}", "data": f"0x{data.hex()}"}, hex(block)])
                for to, data, block in calls
            ],
            instead=unanswered,
        )
        return self._read(
            lambda: [
                answer if isinstance(answer, Unanswered) else answers.returned(answer)
                for answer in found
            ]
        )

    def _read(self, read: Callable[[], Answer]) -> Answer:
        try:
            return read()
        except UnknownBlock as error:
            raise UnknownBlock(f"{self.name} {error}", error.number) from None
        except WrongAnswer as error:
            raise WrongAnswer(f"{self.name} {error}") from None

    def _call(self, method: str, params: list[Any], *, is_heavy: bool = False) -> Any:
        """The result of one call. One that is_heavy is not asked again after a timeout."""

        def ask() -> Any:
            number = next(self._ids)
            answer = self._post(_request(number, method, params), 1)
            result = self._result(answer, number)
            if isinstance(result, Failure):
                raise self._refusal(result, method)
            return result

        return self._patiently(ask, is_heavy)

    def _calls(
        self,
        calls: Sequence[tuple[str, list[Any]]],
        instead: Callable[[Failure], Any] = lambda failure: None,
    ) -> list[Any]:
        """The results of many calls, in batches; of one that fails, what stands for it. A node
        that refuses a batch gets smaller ones, and in the end one call at a time. What is refused
        in a batch that is answered is asked alone."""
        done: dict[int, Any] = {}
        alone = set[int]()
        while len(done) < len(calls):
            left = [place for place in range(len(calls)) if place not in done]
            places = [min(alone)] if alone else left[: self._batch]
            try:
                self._patiently(partial(self._ask_batch, calls, places, done, alone, instead))
            except (Refused, TooSlow):
                if len(places) == 1:
                    raise
                self._batch, self._full_batches = max(1, len(places) // 2), 0
            else:
                alone -= done.keys()
                self._full_batches += len(places) == self._batch
                if self._full_batches >= PATIENCE:
                    self._batch, self._full_batches = min(2 * self._batch, self._most), 0
        return [done[place] for place in range(len(calls))]

    def _ask_batch(
        self,
        every: Sequence[tuple[str, list[Any]]],
        places: Sequence[int],
        done: dict[int, Any],
        alone: set[int],
        instead: Callable[[Failure], Any],
    ) -> None:
        """Ask for those of some calls that are not done. What is answered is done also where the
        rest is an error; what is refused among others is put into alone."""
        places = [place for place in places if place not in done and place not in alone] or places
        calls = [every[place] for place in places]
        numbers = [next(self._ids) for _ in calls]
        asked = [_request(number, *call) for number, call in zip(numbers, calls, strict=True)]
        answer = self._post(asked if len(asked) > 1 else asked[0], len(asked))
        given = answer if isinstance(answer, list) and len(asked) > 1 else [answer]
        if len(asked) > 1 and not isinstance(answer, list):
            # a node without batches answers with one error
            failure = self._result(answer, None)
            if isinstance(failure, Failure):
                raise self._refusal(failure, f"a batch of {len(asked)}")
            raise Refused(f"{self.name} does not answer a batch of {len(asked)} with a list")
        by_number: dict[int, Any] = {}
        for one in given:
            number = one.get("id") if isinstance(one, dict) else None
            if not isinstance(number, int) or number not in numbers:
                raise WrongAnswer(f"{self.name} answers in a batch what it was not asked")
            if by_number.setdefault(number, one) != one:
                raise WrongAnswer(f"{self.name} answers one question of a batch in two ways")
        error: NodeError | None = None
        for number, place in zip(numbers, places, strict=True):
            if number not in by_number:
                error = Busy(f"{self.name} leaves out answers of a batch of {len(numbers)}")
                continue
            result = self._result(by_number[number], number)
            if not isinstance(result, Failure):
                done[place] = result
            elif (found := instead(result)) is not None:
                done[place] = found
            else:
                refusal = self._refusal(result, every[place][0])
                if isinstance(refusal, Refused) and len(places) > 1:
                    alone.add(place)
                else:
                    error = refusal
        if error:
            raise error

    def _patiently(self, ask: Callable[[], Answer], is_heavy: bool = False) -> Answer:
        """Ask until there is an answer, after growing pauses, ATTEMPTS times."""
        pause = FIRST_PAUSE
        for attempt in itertools.count(1):
            try:
                return ask()
            except (Busy, TooSlow) as error:
                if attempt >= ATTEMPTS or (is_heavy and isinstance(error, TooSlow)):
                    raise
                wanted = error.seconds if isinstance(error, Busy) else 0.0
                # Not all that were refused at once come back at once.
                self._sleep(max(wanted, pause * random.uniform(0.5, 1.0)))
                pause = min(2 * pause, LONGEST_PAUSE)
        raise AssertionError

    def _post(self, body: Any, calls: int) -> Any:
        """What the node answers: the object or the list of JSON-RPC, whatever the status."""
        began = time.monotonic()
        content = bytearray()
        try:
            with self._client.stream(
                "POST",
                self._url,
                content=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
            ) as response:
                for part in response.iter_bytes():
                    content += part
                    if len(content) > LARGEST_ANSWER:
                        raise Refused(f"{self.name} answers more than {LARGEST_ANSWER} bytes")
                    if time.monotonic() - began > LONGEST_ANSWER:
                        raise TooSlow(
                            f"{self.name} did not answer completely in {LONGEST_ANSWER:g} s"
                        )
        except httpx.TimeoutException as error:
            raise TooSlow(f"{self.name} did not answer in time ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            # The text of the error may hold the URL.
            raise Busy(f"{self.name} cannot be reached ({type(error).__name__})") from None
        return self._decoded(response, bytes(content), calls)

    def _decoded(self, response: httpx.Response, content: bytes, calls: int) -> Any:
        status = response.status_code
        if status in LATER:
            raise Busy(f"{self.name} answers with status {status}", retry_after(response))
        try:
            answer: Any = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            answer = None
        if isinstance(answer, dict | list) and (status == HTTPStatus.OK or answer):
            return answer
        if status == HTTPStatus.OK:
            raise Busy(f"{self.name} answers what is no JSON-RPC")
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise NodeError(
                f"{self.name} refuses this key (status {status}): see HEDGE_CHAIN_URL_{self.chain}"
            )
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or calls > 1:
            raise Refused(f"{self.name} refuses {counted(calls, 'call')} with status {status}")
        raise NodeError(f"{self.name} answers with status {status}")

    def _result(self, answer: Any, number: int | None) -> Any:
        """The result of an answer, or a Failure."""
        if not isinstance(answer, dict):
            raise Busy(f"{self.name} answers what is no JSON-RPC")
        if (error := answer.get("error")) is not None:
            code, message = (
                (error.get("code"), error.get("message"))
                if isinstance(error, dict)
                else (None, error)
            )
            data = error.get("data") if isinstance(error, dict) else None
            detail = data.get("payload") if isinstance(data, dict) else None
            words = " ".join(one for one in (message, detail) if isinstance(one, str))
            return Failure(code if isinstance(code, int) else 0, words or "no reason")
        if number is not None and answer.get("id") != number:
            raise WrongAnswer(f"{self.name} answers another question than it was asked")
        if "result" not in answer:
            raise Busy(f"{self.name} answers what is no JSON-RPC")
        return answer["result"]

    def _refusal(self, failure: Failure, method: str) -> NodeError:
        return refusal(failure, f"{self.name} refuses {method}", self._secrets)


def _request(number: int, method: str, params: list[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _addresses(addresses: Collection[bytes]) -> list[str]:
    return [f"0x{address.hex()}" for address in sorted(addresses)]

"""The signed message: what it says, and what it does not do to the process."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from hedge.addresses import checksummed, stored
from hedge.errors import UsageError
from hedge.signing import Message, nonce_of

ADDRESS = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"


def test_the_message_is_as_the_standard_writes_it() -> None:
    at = datetime(2026, 11, 21, 5, 0, 30, 999, tzinfo=UTC)
    message = Message.new("https://hedge.example", ADDRESS, at)
    assert message.text().splitlines() == [
        "hedge.example wants you to sign in with your Ethereum account:",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "",
        "Prove to Hedge that this wallet is yours. This costs nothing.",
        "",
        "URI: https://hedge.example",
        "Version: 1",
        "Chain ID: 53935",
        f"Nonce: {message.nonce}",
        "Issued At: 2026-11-21T05:00:30Z",
        "Expiration Time: 2026-11-21T05:10:30Z",
    ]
    assert nonce_of(message.text()) == message.nonce
    assert message.nonce != Message.new("https://hedge.example", ADDRESS, at).nonce


@pytest.mark.parametrize(
    "address",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_the_checksums_of_eip_55(address: str) -> None:
    assert checksummed(address.lower()) == address
    assert stored(address) == stored(address.lower()) == address.lower()
    with pytest.raises(UsageError, match="checksum"):
        stored(address[:2] + address[2:].swapcase())


def test_the_recursion_limit_stays() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from hedge.signing import eth_account; eth_account();"
            " print(sys.getrecursionlimit())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1000\n"

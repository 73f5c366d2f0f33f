"""The signed message: what it says, and what it does not do to the process."""

import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from hedge.addresses import checksummed, stored
from hedge.errors import UsageError
from hedge.signing import (
    Message,
    SignatureError,
    eth_account,
    nonce_of,
    require_same,
    require_signed_by,
)

ADDRESS = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"


def test_the_message_is_as_the_standard_writes_it() -> None:
    at = datetime(2026, 11, 21, 5, 0, 30, 999, tzinfo=UTC)
    message = Message.new("https://hedge.example", ADDRESS, "busy", at)
    assert message.text().splitlines() == [
        "hedge.example wants you to sign in with your Ethereum account:",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "",
        "Link this wallet to the Hedge account busy. This costs nothing.",
        "",
        "URI: https://hedge.example",
        "Version: 1",
        "Chain ID: 53935",
        f"Nonce: {message.nonce}",
        "Issued At: 2026-11-21T05:00:30Z",
        "Expiration Time: 2026-11-21T05:10:30Z",
    ]
    assert nonce_of(message.text()) == message.nonce
    assert message.nonce != Message.new("https://hedge.example", ADDRESS, "busy", at).nonce


def test_a_nonce_is_random_and_there_is_one() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    nonces = {Message.new("https://hedge.example", ADDRESS, "busy", at).nonce for _ in range(100)}
    assert len(nonces) == 100
    assert all(re.fullmatch("[A-Za-z0-9]{24}", nonce) for nonce in nonces)
    assert nonce_of("a\nNonce: 12345678\nb") == "12345678"
    for text in (
        "Nonce: 1234567",
        "Nonce: 12345678 ",
        " Nonce: 12345678",
        "Nonce: 1234-5678",
        "Nonce: 12345678\nNonce: 12345678",
        "",
    ):
        with pytest.raises(SignatureError, match="no nonce of ours"):
            nonce_of(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("one\nother", "the message says 'other' and not 'two'"),
        ("one\ntwo\nthree", "the message is longer or shorter than what was asked for"),
        ("one", "longer or shorter"),
        ("one\ntwo\n", "longer or shorter"),
        ("One\ntwo", "says 'One' and not 'one'"),
        (f"{'x' * 300}\ntwo", f"says '{'x' * 200}' and not 'one'"),
    ],
)
def test_a_message_that_was_changed_is_refused_with_the_line(text: str, sentence: str) -> None:
    require_same("one\ntwo", "one\ntwo")
    with pytest.raises(SignatureError) as error:
        require_same(text, "one\ntwo")
    assert sentence in str(error.value)


def test_a_signature_is_by_the_wallet_and_of_the_message() -> None:
    account = eth_account().Account.from_key("0x" + "11" * 32)
    signable = eth_account().messages.encode_defunct(text="a message")
    signature = account.sign_message(signable).signature.to_0x_hex()
    wallet = account.address.lower()
    require_signed_by("a message", signature, wallet)
    require_signed_by("a message", "0x" + signature[2:].upper(), wallet)
    # as Ledger writes it, and in the compact form of EIP-2098
    r, s, v = signature[2:66], int(signature[66:130], 16), int(signature[130:], 16) - 27
    require_signed_by("a message", f"{signature[:-2]}{v:02x}", wallet)
    compact = f"0x{r}{s + (v << 255):064x}"
    require_signed_by("a message", compact, wallet)
    for text, given, address, sentence in (
        ("a message", f"{signature[:-2]}{1 - v:02x}", wallet, "the signature is"),
        ("a message", f"0x{r}{s + ((1 - v) << 255):064x}", wallet, "the signature is"),
        ("a message", f"{signature[:-2]}02", wallet, "the signature is none"),
        ("a messagE", signature, wallet, f"not {account.address}"),
        ("a message", signature, ADDRESS, f"by the wallet {account.address}, not"),
        ("a message", signature[:-4], wallet, "is not 0x and 130 hex digits"),
        ("a message", signature + "00", wallet, "is not 0x and 130 hex digits"),
        ("a message", signature[2:], wallet, "is not 0x and 130 hex digits"),
        ("a message", f" {signature}", wallet, "is not 0x and 130 hex digits"),
        ("a message", "0x" + "ff" * 65, wallet, "the signature is none: "),
    ):
        with pytest.raises(SignatureError) as error:
            require_signed_by(text, given, address)
        assert sentence in str(error.value)


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
    wrong = address[:2] + address[2:].swapcase()
    with pytest.raises(UsageError) as refused:
        stored(f"  {wrong[2:]} ")
    assert str(refused.value) == f"the checksum of the address {wrong} is wrong (EIP-55)"


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

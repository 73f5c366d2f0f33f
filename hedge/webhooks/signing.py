"""What is sent to a webhook, signed as Standard Webhooks describe it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac


def headers(event_id: int, seconds: int, body: bytes, secret: bytes) -> list[tuple[bytes, bytes]]:
    """The headers of an attempt at an instant, in seconds since 1970. webhook-id is the same in
    each attempt and replay of an event, so that a target can pass over what it has."""
    name = f"evt_{event_id}"
    signed = b".".join([name.encode(), str(seconds).encode(), body])
    signature = base64.b64encode(hmac.digest(secret, signed, hashlib.sha256))
    return [
        (b"content-type", b"application/json"),
        (b"user-agent", b"Hedge-Webhooks"),
        (b"webhook-id", name.encode()),
        (b"webhook-timestamp", str(seconds).encode()),
        (b"webhook-signature", b"v1," + signature),
    ]

import base64
import hashlib
import hmac
import time

TOLERANCE_SECONDS = 300


def verify_webhook(headers, raw_body: bytes, secret: str, now=None) -> bool:
    """Whether Edgewatch sent this, within the last five minutes. `raw_body` is the body as it came."""
    message_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not message_id or not timestamp or not signatures or not timestamp.isdigit():
        return False
    if abs((now or time.time()) - int(timestamp)) > TOLERANCE_SECONDS:
        return False

    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = f"{message_id}.{timestamp}.".encode() + raw_body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, each) for each in signatures.split(" "))

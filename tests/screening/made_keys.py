"""Keys that nobody has, made when they are wanted, so that nothing that looks through this repository takes them for
real ones."""

from __future__ import annotations

import base64
import json
import random
import string

_random = random.Random(7)
LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def some(count: int, letters: str = LETTERS) -> str:
    return "".join(_random.choice(letters) for _ in range(count))


def _block(kind: str) -> str:
    lines = "\n".join(some(64, LETTERS + "+/") for _ in range(24))
    return f"-----BEGIN {kind} KEY-----\n{lines}\n-----END {kind} KEY-----"


def _token() -> str:
    head, body = ({"alg": "HS256", "typ": "JWT"}, {"sub": "1234567890", "name": "Ana", "iat": 1716239022})
    words = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in (head, body)]
    return ".".join([*words, some(43)])


#: What people paste into chats, by what it is of.
KEYS = {
    "anthropic": "sk-" + "ant-api03-" + some(93) + "AA",
    "openai": "sk-" + "proj-" + some(74) + "T3Blbk" + "FJ" + some(74),
    "github": "gh" + "p_" + some(36),
    "github-fine": "github" + "_pat_" + some(22) + "_" + some(59),
    "gitlab": "gl" + "pat-" + some(20),
    "google": "AI" + "za" + some(35),
    "groq": "gs" + "k_" + some(52),
    "openrouter": "sk-" + "or-v1-" + some(64, HEX),
    "huggingface": "h" + "f_" + some(34, string.ascii_letters),
    "npm": "np" + "m_" + some(36),
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + some(80),
    "slack": "xo" + "xb-" + some(12, string.digits) + "-" + some(12, string.digits) + "-" + some(24),
    "stripe": "sk_" + "live_" + some(24),
    "jwt": _token(),
    "private": _block("RSA PRIVATE"),
    "openssh": _block("OPENSSH PRIVATE"),
}
#: What tells that it is one: id and secret, the one before the other.
PAIR = f"aws_access_key_id = {'AK' + 'IA'}{some(16, string.ascii_uppercase)}\naws_secret_access_key = {some(40)}"

"""One seed for each purpose out of the one that a user gives."""

import hashlib


def mixed_seed(seed: int, *purpose: str | int) -> int:
    """A seed below 2**63 that differs with every part of the purpose: a word, the number of a step."""
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1

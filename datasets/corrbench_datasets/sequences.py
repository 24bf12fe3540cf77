"""What every reader does with its sequences: refuse the names it does not have, and hash what it read of the others."""

import difflib
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from corrbench.core.files import sha256
from corrbench.errors import DataError
from corrbench_datasets.davis_layout import some

_HASHING_THREADS = 4


def unknown_sequence(name: str, sequences: Sequence[str], source: Path, what: str) -> DataError:
    """The error for a sequence that is not among those that a file or folder gives for `what`, such as split 'val'."""
    near = difflib.get_close_matches(name, sequences, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {some(sequences)}"
    return DataError(f"{source}: no sequence {name!r} in {what}; {hint}")


def content_hash(rule: str, files: Sequence[tuple[str, Path]]) -> str:
    """The sha256 over a text and the kind, name without ending, and content of files, in their order."""
    with ThreadPoolExecutor(_HASHING_THREADS) as pool:
        contents = list(pool.map(sha256, [path for _, path in files]))
    lines = [f"{kind} {path.stem} {content}\n" for (kind, path), content in zip(files, contents, strict=True)]
    return hashlib.sha256((rule + "".join(lines)).encode()).hexdigest()


def combined_hash(hashes: Mapping[str, str]) -> str:
    """The 12 hex digits of a data set whose sequences have these hashes, whatever their order."""
    listing = "".join(f"{name} {hashes[name]}\n" for name in sorted(hashes))
    return hashlib.sha256(listing.encode()).hexdigest()[:12]

"""Files that are whole or absent, and names that stay inside the folder they are written to."""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from corrbench.errors import DataError

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 128  # characters of a name; file systems take 255 bytes


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    try:
        write(Path(temporary))
        Path(temporary).chmod(0o666 & ~_umask())  # mkstemp's 0600 would hide results from a group
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all, with line feeds on every system."""

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8", newline="\n")

    write_whole(path, write)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def sha256(path: Path) -> str:
    """The hexadecimal sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def safe_name(name: str) -> str:
    """The name with every character outside `[A-Za-z0-9._-]` replaced by a dash, cut to a length that every file
    system takes and, if that changed it, six hex digits of the hash of the full name at its end, so that two names
    never share a folder."""
    cleaned = _UNSAFE.sub("-", name)[:_LONGEST]
    if cleaned.startswith("."):  # neither hidden nor a step up
        cleaned = "-" + cleaned[1:]
    if cleaned == name:
        return name
    return f"{cleaned}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def require_plain_name(name: str, where: str) -> str:
    """The name itself; a DataError when a name read from a file would not be one plain folder name."""
    if not name or name in {".", ".."} or any(character in name for character in "/\\:\0"):
        raise DataError(f"{where}: {name!r} is not a plain folder name; remove the path parts from it")
    return name


def file_part(text: str) -> str:
    """The text as a part of a file name, dashes for all but letters, digits and dots."""
    return safe_name(re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-."))

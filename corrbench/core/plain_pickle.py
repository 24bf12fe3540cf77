"""Plain data out of a pickle, read without unpickling: nothing is imported or called, whatever the file says.

A pickle is a program. Here it is not run: `pickletools` takes it apart into its instructions, and those that make
numbers, text, lists, dictionaries and numpy arrays are followed; any other is refused. Arrays stay in the file, mapped
into memory, and are read where they are indexed.
"""

import mmap
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from corrbench.errors import DataError

_MAPPED = 4096  # bytes from which on a stretch of the file is not copied
_PLAIN = re.compile(r"[biuf][1248]|S[1-9][0-9]{0,8}")  # booleans, numbers, byte strings of one length
_LITERAL = re.compile(r"(BIN)?INT[12]?|LONG[14]?|(BIN)?FLOAT|(SHORT_)?(BIN)?(STRING|UNICODE|BYTES)8?|BYTEARRAY8")
_MAKERS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
}
_COLLECTORS: dict[str, Callable[[list[Any]], Any]] = {
    "TUPLE": tuple,
    "LIST": list,
    "DICT": lambda items: _pairs(items),
}
_CALLABLES = {  # what an array is pickled with, by any version of numpy and protocol
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "numpy.core.multiarray _reconstruct": "array",
    "numpy._core.multiarray _reconstruct": "array",
    "numpy.core.multiarray scalar": "scalar",
    "numpy._core.multiarray scalar": "scalar",
    "numpy.core.numeric _frombuffer": "buffer",
    "numpy._core.numeric _frombuffer": "buffer",
    "_codecs encode": "bytes",
    "__builtin__ bytes": "no bytes",
}
_MARK = object()


def read_plain(path: Path) -> Any:
    """The lists, dictionaries, text, numbers and read-only numpy arrays in a pickle.

    DataError when the file cannot be read, is damaged, or asks for anything else: a class or function by its name,
    arrays of objects or of records.
    """
    try:
        with path.open("rb") as file:
            mapped = _Mapped(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        machine = _Machine()
        for opcode, argument, _ in pickletools.genops(cast(IO[bytes], mapped)):
            machine.follow(opcode.name, argument)
        return machine.result()
    except _RefusedError as refused:
        raise DataError(
            f"{path}: not plain data, it asks for {refused}; nothing of it was run: get the file from its source"
        ) from None
    except Exception as error:  # damaged bytes raise anything
        raise DataError(f"{path}: not a readable pickle ({error}); copy it again from its source") from error


class _RefusedError(Exception):
    """An instruction that is not needed for plain data."""


class _Mapped:
    """A mapped file as pickletools reads it: long stretches are views of the file."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self._view = memoryview(data)
        self._at = 0

    def read(self, count: int) -> bytes | memoryview:
        piece = self._view[self._at : self._at + count]
        self._at += len(piece)
        return piece if count >= _MAPPED else bytes(piece)

    def readline(self) -> bytes:
        end = self._data.find(b"\n", self._at) + 1
        return bytes(self.read((end or len(self._data)) - self._at))

    def tell(self) -> int:
        return self._at


@dataclass(frozen=True)
class _Callable:
    kind: str  # a value of _CALLABLES


@dataclass
class _Kind:
    """The type of the numbers of an array while it is being read."""

    code: str
    order: str = "|"


@dataclass
class _Array:
    """An array that has been announced, and not yet been filled."""

    remembered: list[int] = field(default_factory=list)


class _Machine:
    """The stack and the memory that the instructions of a pickle work on."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memory: dict[int, Any] = {}

    def result(self) -> Any:
        (value,) = self._stack
        return value

    def follow(self, name: str, argument: Any) -> None:
        """Carry out one instruction; _RefusedError when it is not for plain data."""
        stack = self._stack
        if _LITERAL.fullmatch(name):
            stack.append(argument)
        elif name in _MAKERS:
            stack.append(_MAKERS[name]())
        elif name in {"PROTO", "FRAME", "STOP"}:
            return
        elif name == "MARK":
            stack.append(_MARK)
        elif name == "POP":
            stack.pop()
        elif name == "POP_MARK":
            self._marked()
        elif name == "DUP":
            stack.append(stack[-1])
        elif name in {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}:
            self._remember(len(self._memory) if name == "MEMOIZE" else argument)
        elif name in {"GET", "BINGET", "LONG_BINGET"}:
            stack.append(self._memory[argument])
        elif name in _COLLECTORS:
            stack.append(_COLLECTORS[name](self._marked()))
        elif name in {"TUPLE1", "TUPLE2", "TUPLE3"}:
            stack.append(tuple(self._last(int(name[-1]))))
        elif name in {"APPEND", "APPENDS"}:
            items = self._last(1) if name == "APPEND" else self._marked()
            cast(list[Any], _is(list, stack[-1])).extend(items)
        elif name in {"SETITEM", "SETITEMS"}:
            items = self._last(2) if name == "SETITEM" else self._marked()
            cast(dict[Any, Any], _is(dict, stack[-1])).update(_pairs(items))
        elif name in {"GLOBAL", "STACK_GLOBAL"}:
            asked = argument if name == "GLOBAL" else " ".join(map(str, self._last(2)))
            if asked not in _CALLABLES:
                raise _RefusedError(repr(asked.replace(" ", ".")))
            stack.append(_Callable(_CALLABLES[asked]))
        elif name == "REDUCE":
            what, arguments = self._last(2)
            stack.append(_made(_is(_Callable, what).kind, arguments))
        elif name == "BUILD":
            what, state = self._last(2)
            stack.append(self._filled(what, state))
        else:
            raise _RefusedError(f"the instruction {name}")

    def _last(self, count: int) -> list[Any]:
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _marked(self) -> list[Any]:
        """What lies above the last mark, taken off with it."""
        at = max(index for index, item in enumerate(self._stack) if item is _MARK)
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def _remember(self, key: int) -> None:
        self._memory[key] = self._stack[-1]
        if isinstance(self._stack[-1], _Array):
            self._stack[-1].remembered.append(key)

    def _filled(self, what: Any, state: Any) -> Any:
        """The array or type with the state it was pickled with."""
        if isinstance(what, _Kind):
            _, order, *records = state
            if any(part is not None for part in records[:3]):
                raise _RefusedError("an array of records")
            what.order = order  # in place: the memory holds it too
            return what
        announced: _Array = _is(_Array, what)
        _, shape, kind, columns_first, raw = state
        array = _array(raw, kind, shape, columns_first)
        for key in announced.remembered:
            if self._memory[key] is announced:
                self._memory[key] = array
        return array


def _is(kind: type[Any], value: Any) -> Any:
    if not isinstance(value, kind):
        raise _RefusedError(f"a change of {type(value).__name__}")
    return value


def _pairs(items: list[Any]) -> dict[Any, Any]:
    return dict(zip(items[::2], items[1::2], strict=True))


def _made(kind: str, arguments: Any) -> Any:
    if kind == "array":
        return _Array()
    if kind == "dtype":
        return _Kind(str(arguments[0]))
    if kind == "scalar":
        of, raw = arguments
        return _array(raw, of, (), False)[()]
    if kind == "buffer":
        raw, of, shape, order = arguments
        return _array(raw, of, shape, order == "F")
    if kind == "no bytes" and not arguments:
        return b""
    if kind == "bytes" and arguments[1] == "latin1":
        return arguments[0].encode("latin1")
    raise _RefusedError(f"a call of {kind}")


def _array(raw: Any, kind: Any, shape: Any, columns_first: bool) -> NDArray[Any]:
    if not _PLAIN.fullmatch(_is(_Kind, kind).code):
        raise _RefusedError("an array of objects" if kind.code.startswith("O") else f"an array of {kind.code!r}")
    content = raw.encode("latin1") if isinstance(raw, str) else raw  # Python 2 had no other type for bytes
    of = np.dtype(kind.order + kind.code)
    values = np.frombuffer(content, of) if len(content) else np.empty(0, of)
    return values.reshape(tuple(map(int, shape)), order="F" if columns_first else "C")

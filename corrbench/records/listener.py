"""How a run tells what it is doing."""


class Listener:
    """Hears how a run goes. This one keeps silent; the command line shows bars or lines."""

    def method(self, name: str, sequences: int) -> None:
        """A method starts on this many sequences."""

    def weights(self, what: str) -> None:
        """How a file of weights that the user named was read."""

    def sequence(self, name: str, frames: int) -> None:
        """A sequence of this many frames starts."""

    def frame(self) -> None:
        """One more frame of the sequence is done."""

    def found(self, what: str) -> None:
        """A result of an earlier run is used as it is."""

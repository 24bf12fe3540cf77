"""What a training has cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """The cost of one training, or with `+` of two of which one goes on from the other."""

    steps: int
    frames_seen: int  # that went through the trunk
    seconds: float  # of its steps, as clocks on the wall tell
    cpu_seconds: float  # of its steps, of all threads of the process together
    peak_memory_bytes: int | None  # of tensors on CUDA, elsewhere resident; of the last part where it was interrupted
    machine: str

    def __add__(self, later: "Budget") -> "Budget":
        peaks = [peak for peak in (self.peak_memory_bytes, later.peak_memory_bytes) if peak is not None]
        return Budget(
            self.steps + later.steps,
            self.frames_seen + later.frames_seen,
            round(self.seconds + later.seconds, 3),
            round(self.cpu_seconds + later.cpu_seconds, 3),
            max(peaks, default=None),
            later.machine,
        )

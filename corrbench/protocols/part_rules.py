"""How masks of body parts are scored."""

from dataclasses import dataclass

from corrbench.core.images import VOID
from corrbench.errors import SettingError

# Of instances, each of which a prediction has to exceed: ATEN 0c1f3a58 evaluate/test_inst_part_ap.py.
VOLUME_OVERLAPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class PartScoring:
    """One confusion matrix over all pixels of all videos. True ids that are no class, as void, are ignored."""

    classes: int  # with ids from 0, the background, on
    include_first: bool  # whether frame 0, whose label is given, counts

    def __post_init__(self) -> None:
        if not 1 <= self.classes <= VOID:
            raise SettingError(f"classes={self.classes} does not fit: it has to be 1 to {VOID}")

"""The sequences of the Object Tracking Benchmark, and what is odd about some of them.

Names and targets: got-10k toolkit 017fbe34, got10k/datasets/otb.py. Ranges of frames: mmtracking e3266291,
tools/convert_datasets/otb100/otb100_infos.txt, which agrees with matlab/util/MakeSequenceConfigVer10.m and
MakeSequenceConfigVer11.m of github.com/jwlim/tracker_benchmark, by the authors, but for frames that these have
renumbered from 1.
"""

from dataclasses import dataclass

_OTB2013 = """
Basketball Bolt Boy Car4 CarDark CarScale Coke Couple Crossing David David2 David3 Deer Dog1 Doll Dudek FaceOcc1
FaceOcc2 Fish FleetFace Football Football1 Freeman1 Freeman3 Freeman4 Girl Ironman Jogging.1 Jogging.2 Jumping Lemming
Liquor Matrix Mhyang MotorRolling MountainBike Shaking Singer1 Singer2 Skating1 Skiing Soccer Subway Suv Sylvester
Tiger1 Tiger2 Trellis Walking Walking2 Woman
"""

_OTB2015 = """
Basketball Biker Bird1 Bird2 BlurBody BlurCar1 BlurCar2 BlurCar3 BlurCar4 BlurFace BlurOwl Board Bolt Bolt2 Box Boy Car1
Car2 Car24 Car4 CarDark CarScale ClifBar Coke Couple Coupon Crossing Crowds Dancer Dancer2 David David2 David3 Deer
Diving Dog Dog1 Doll DragonBaby Dudek FaceOcc1 FaceOcc2 Fish FleetFace Football Football1 Freeman1 Freeman3 Freeman4
Girl Girl2 Gym Human2 Human3 Human4 Human5 Human6 Human7 Human8 Human9 Ironman Jogging.1 Jogging.2 Jump Jumping KiteSurf
Lemming Liquor Man Matrix Mhyang MotorRolling MountainBike Panda RedTeam Rubik Shaking Singer1 Singer2 Skater Skater2
Skating1 Skating2.1 Skating2.2 Skiing Soccer Subway Surfer Suv Sylvester Tiger1 Tiger2 Toy Trans Trellis Twinnings Vase
Walking Walking2 Woman
"""

OFFICIAL: dict[int, tuple[str, ...]] = {
    2013: tuple(_OTB2013.split()),
    2015: tuple(_OTB2015.split()),
}

RANGES: dict[str, tuple[int, int]] = {
    "BlurCar1": (247, 988),
    "BlurCar3": (3, 359),
    "BlurCar4": (18, 397),
    "David": (300, 770),
    "Diving": (1, 215),
    "Football1": (1, 74),
    "Freeman3": (1, 460),
    "Freeman4": (1, 283),
}
"""The first and last frame number that the boxes are of, where folders hold others too or do not start at 1."""

LATER_STARTS = {"Tiger1": 6}
"""The number of the frame from which the Matlab benchmark (initOmit/tiger1.txt), pysot and mmtracking start."""


@dataclass(frozen=True)
class Target:
    """One object of a folder of frames, in which several may be annotated."""

    folder: str
    number: str = ""  # of its text file, groundtruth_rect.NUMBER.txt; empty where there is one without number
    alone: bool = True  # whether it is the only target of the folder


_TARGETS = {
    "Human4": Target("Human4", "2"),  # groundtruth_rect.1.txt is empty
    "Jogging.1": Target("Jogging", "1", alone=False),
    "Jogging.2": Target("Jogging", "2", alone=False),
    "Skating2.1": Target("Skating2", "1", alone=False),
    "Skating2.2": Target("Skating2", "2", alone=False),
}


def target(name: str) -> Target:
    """Which object of which folder a sequence is about."""
    return _TARGETS.get(name, Target(name))

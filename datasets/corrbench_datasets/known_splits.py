"""The official sequence lists, by which a folder is recognised and a run is called complete.

DAVIS-2016 train and val: `seq_lists` in json_data/global.js; DAVIS-2017 val and test-dev: `seq_lists` in
json_data/global_2017.js, both of github.com/davisvideochallenge/davisvideochallenge.github.io, the source of
davischallenge.org. DAVIS-2017 train: DAVIS17_TRAINING_VIDEOS in distracting_control/background.py of
github.com/google-research/google-research; it holds all 30 sequences of DAVIS-2016 train. SegTrack v2: the folders of
its release, web.engr.oregonstate.edu/~lif/SegTrack2 (Li et al., Video Segmentation by Tracking Many Figure-Ground
Segments, ICCV 2013).
"""

from collections.abc import Collection, Iterable

_DAVIS2016_TRAIN = """
bear bmx-bumps boat breakdance-flare bus car-turn dance-jump dog-agility drift-turn elephant flamingo hike
hockey horsejump-low kite-walk lucia mallard-fly mallard-water motocross-bumps motorbike paragliding rhino
rollerblade scooter-gray soccerball stroller surf swing tennis train
"""

_DAVIS2016_VAL = """
blackswan bmx-trees breakdance camel car-roundabout car-shadow cows dance-twirl dog drift-chicane
drift-straight goat horsejump-high kite-surf libby motocross-jump paragliding-launch parkour scooter-black
soapbox
"""

_DAVIS2017_TRAIN = """
bear bmx-bumps boat boxing-fisheye breakdance-flare bus car-turn cat-girl classic-car color-run crossing
dance-jump dancing disc-jockey dog-agility dog-gooses dogs-scale drift-turn drone elephant flamingo hike
hockey horsejump-low kid-football kite-walk koala lady-running lindy-hop longboard lucia mallard-fly
mallard-water miami-surf motocross-bumps motorbike night-race paragliding planes-water rallye rhino
rollerblade schoolgirls scooter-board scooter-gray sheep skate-park snowboard soccerball stroller stunt surf
swing tennis tractor-sand train tuk-tuk upside-down varanus-cage walking
"""

_DAVIS2017_VAL = """
bike-packing blackswan bmx-trees breakdance camel car-roundabout car-shadow cows dance-twirl dog dogs-jump
drift-chicane drift-straight goat gold-fish horsejump-high india judo kite-surf lab-coat libby loading
mbike-trick motocross-jump paragliding-launch parkour pigs scooter-black shooting soapbox
"""

_DAVIS2017_TEST_DEV = """
aerobatics car-race carousel cats-car chamaleon deer giant-slalom girl-dog golf guitar-violin gym helicopter
horsejump-stick hoverboard lock man-bike monkeys-trees mtb-race orchid people-sunset planes-crossing
rollercoaster salsa seasnake skate-jump slackline subway tandem tennis-vest tractor
"""

_SEGTRACK2 = """
bird_of_paradise birdfall bmx cheetah drift frog girl hummingbird monkey monkeydog parachute penguin soldier worm
"""

OFFICIAL: dict[str, dict[str, tuple[str, ...]]] = {
    "davis2016": {
        "train": tuple(_DAVIS2016_TRAIN.split()),
        "val": tuple(_DAVIS2016_VAL.split()),
    },
    "davis2017": {
        "train": tuple(_DAVIS2017_TRAIN.split()),
        "val": tuple(_DAVIS2017_VAL.split()),
        "test-dev": tuple(_DAVIS2017_TEST_DEV.split()),
    },
    "segtrack2": {"val": tuple(_SEGTRACK2.split())},
}


def official_name(year: int | None, split: str, sequences: Collection[str]) -> str | None:
    """`davis2016` or `davis2017` where these are sequences of that split of that year, `segtrack2` where they are of
    SegTrack v2, else None.

    A split that is not official (one's own list) is of the set when all its sequences are. One sequence alone says
    nothing of SegTrack, whose names are everybody's words (girl, worm).
    """
    davis = f"davis{year}"
    if davis in OFFICIAL and set(sequences) <= set(_of_split(davis, split)):
        return davis
    if len(sequences) > 1 and set(sequences) <= set(_of_split("segtrack2", split)):
        return "segtrack2"
    return None


def is_complete(name: str, split: str, sequences: Iterable[str], listed: Iterable[str]) -> bool:
    """Whether these are all sequences of the official list; of a set without one, of its own list.

    False for an unofficial split of an official set.
    """
    if name in OFFICIAL:
        return set(sequences) == set(OFFICIAL[name].get(split, ()))
    return set(sequences) == set(listed)


def _of_split(name: str, split: str) -> list[str]:
    splits = OFFICIAL[name]
    chosen = [splits[split]] if split in splits else splits.values()
    return [one for names in chosen for one in names]

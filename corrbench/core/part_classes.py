"""The classes of VIP, in the order of its ids.

Source: ATEN 0c1f3a58, evaluate/test_inst_part_ap.py, by the authors of the data set. The scripts of CRW, UVC and VFS
print another order (3 sun-glasses, 4 upper-clothes, 5 dress, ...): their mean IoU is right, their tables per class bear
wrong names.
"""

CLASSES = (
    "background",
    "hat",
    "hair",
    "gloves",
    "sun-glasses",
    "upper-clothes",
    "dress",
    "coat",
    "socks",
    "pants",
    "torso-skin",
    "scarf",
    "skirt",
    "face",
    "left-arm",
    "right-arm",
    "left-leg",
    "right-leg",
    "left-shoe",
    "right-shoe",
)

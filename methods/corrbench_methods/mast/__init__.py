"""MAST-style: a frame rebuilt from another by local attention (Lai, Lu and Xie, CVPR 2020, arXiv 2002.07793)."""

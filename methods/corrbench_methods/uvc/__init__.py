"""UVC: a region is found and its colours are matched by one affinity (Li et al., NeurIPS 2019, arXiv 1909.11895)."""

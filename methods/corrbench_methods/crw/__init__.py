"""CRW: a contrastive random walk over the nodes of a clip (Jabri, Owens and Efros, NeurIPS 2020, arXiv 2006.14613)."""

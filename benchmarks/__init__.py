"""How fast we are, against peers and against plainer ways of doing the same. Run with `python -m benchmarks`."""

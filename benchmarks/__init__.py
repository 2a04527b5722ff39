"""How long the parts of nlot take: `make bench`, or `python -m benchmarks`."""

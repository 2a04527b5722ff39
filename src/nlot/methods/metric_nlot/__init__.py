"""Algorithm 2 of the paper."""

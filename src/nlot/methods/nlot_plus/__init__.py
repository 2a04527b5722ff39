"""Algorithm 1 through exact discrete couplings."""

"""Algorithm 2 through exact discrete couplings."""

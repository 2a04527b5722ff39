"""How far a map is from optimal: exact costs, optimal couplings, and bounds."""

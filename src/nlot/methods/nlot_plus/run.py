"""Trained runs of `nlot_plus`, whose map is the map network."""

from nlot.methods.amortised_run import AmortisedRun

open = AmortisedRun

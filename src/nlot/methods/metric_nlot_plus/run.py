"""Trained runs of `metric_nlot_plus`, opened: its maps are the map networks."""

from nlot.methods.metric_run import MetricRun

open = MetricRun

"""Trained runs of `metric_nlot`, whose maps are the map networks."""

from nlot.methods.metric_run import MetricRun

open = MetricRun

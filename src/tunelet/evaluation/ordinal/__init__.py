"""Ordered ratings: predictions, their metrics and intervals, calibration, baselines."""

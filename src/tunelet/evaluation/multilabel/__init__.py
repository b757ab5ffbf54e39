"""Several labels a text, or none: predictions, their metrics and intervals, thresholds, calibration, baselines."""

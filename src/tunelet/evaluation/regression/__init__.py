"""Plain numbers: predictions with intervals, their metrics, conformal intervals, baselines."""

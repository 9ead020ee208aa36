"""Finds and measures the optimal parameters of each task on a committed grid."""

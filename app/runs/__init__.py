"""Runs: their documents, their life from queued to finished, and the process that executes them."""

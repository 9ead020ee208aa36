"""Trained models that answer without TensorFlow: their weights as bytes, and the forward pass by numpy."""

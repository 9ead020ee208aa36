"""Real training: the only part of the application that imports TensorFlow."""

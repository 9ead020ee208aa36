"""The rules behind the recommendations, one module for each question they answer."""

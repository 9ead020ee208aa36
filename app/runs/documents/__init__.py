"""What clients are told of a run: one JSON document, folded from its events."""

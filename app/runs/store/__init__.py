"""The run store: the queue of record, what may happen to a run in it, and what is kept beside runs."""

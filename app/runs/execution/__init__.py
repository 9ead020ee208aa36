"""Who executes runs: the leader that gives them out, executors, and the keepers of training processes."""

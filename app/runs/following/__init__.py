"""Runs followed as they go: streams of Server-Sent Events and waiting requests."""

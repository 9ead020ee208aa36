"""What to think of a run and what to change: presets, assessment and recommendations."""

"""The DP-SGD Interactive Playground."""

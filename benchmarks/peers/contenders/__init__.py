"""The contenders, one module for each set of libraries."""

"""Scripts and styles as they are sent: one file for each entry, without comments and blanks, and gzipped."""

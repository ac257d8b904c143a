"""One HTML page on runs and fits."""

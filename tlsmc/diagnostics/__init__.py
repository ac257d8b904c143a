"""Judging a run, or two specs: how far numbers can be trusted, and on what they hang."""

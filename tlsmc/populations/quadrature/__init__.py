"""Nodes and weights that replace sampling where an average is wanted exactly."""

"""Sums over blocks of defects and what follows from them: means, errors, covariances, ratios, tails."""

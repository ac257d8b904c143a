"""Measured curves: files as instruments write them, their headings and units, and the sets of data made of them."""

"""Parts of ``analysis/benchmark.py``: contestants, measurements, tables and picture."""

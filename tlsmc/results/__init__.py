"""What a run holds, and the file that keeps it."""

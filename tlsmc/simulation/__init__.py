"""Making a run: blocks, workers, checkpoints, and what makes a run larger or checks it."""

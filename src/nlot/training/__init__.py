"""Training loops and what they share: weights, batches, checkpoints, progress."""

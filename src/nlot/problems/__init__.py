"""Problems to solve, and the batches that training draws."""

"""What is given and what is asked, and the batches that training draws."""

"""Memory: how much is free, and what is given up for it when it runs out."""

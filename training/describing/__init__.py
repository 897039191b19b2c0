"""What the cards of a dataset and of adapters say: in figures, tables and pictures."""

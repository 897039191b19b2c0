"""How alike texts are: pairs that say the same, documents that belong together, questions that find their passage."""

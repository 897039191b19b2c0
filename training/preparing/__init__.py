"""Before the first step: the rows as tokens, what training on them takes, and how it is laid out."""

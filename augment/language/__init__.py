"""What the rules know of English: words, phrases, clauses, and what can be done to a sentence."""

"""What a T5 does here: it asks, chooses answers, and reads its own questions again."""

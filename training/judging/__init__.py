"""Did training help? Base and adapters asked the same held-out questions, their scores, and the verdict."""

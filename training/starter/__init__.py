"""The starter language model: what pretrains it, and the finished model in lm/."""

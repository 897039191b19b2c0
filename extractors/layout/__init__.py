"""What each line of a paper is, and the blocks that its lines make."""

"""The training itself: TRL's trainer, made to survive, alone or as one of several."""

"""What must hold, tried out by the thousand: each proof prints what it ran, and how to run a seed again."""
